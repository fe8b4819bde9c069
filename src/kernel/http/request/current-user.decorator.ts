import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal, SessionPrincipal } from '../principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the global guard on every route that is not public. */
    principal?: Principal;
  }
}

/** Who is asking: the guard has established it before the handler runs. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('@CurrentUser() on a route that the guard has not checked');
  return principal;
});

/** The session that is asking; for routes that no `@AcceptsScope` opens to keys. */
export const CurrentSession = createParamDecorator((_data: unknown, context: ExecutionContext): SessionPrincipal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal?.kind !== 'session') throw new Error('@CurrentSession() on a route that is not for sessions alone');
  return principal;
});
