import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { UserSnapshot } from './user-snapshot.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The row that the global guard decided by, read for this very request. */
    userSnapshot?: UserSnapshot;
  }
}

declare module '../../kernel/http/short-ways/short-way.js' {
  interface ShortRequest {
    /** The same, where the request took a short way. */
    userSnapshot?: UserSnapshot;
  }
}

/** Who is asking, whole, without another read. */
export const CurrentSnapshot = createParamDecorator((_data: unknown, context: ExecutionContext): UserSnapshot => {
  const { userSnapshot } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!userSnapshot) throw new Error('@CurrentSnapshot() on a route that the guard has not checked');
  return userSnapshot;
});
