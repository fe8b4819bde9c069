import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** The parameters of a form, each at most once and none empty. Those that a handler does not know it ignores (RFC 6749 §3.2). */
export type Form = ReadonlyMap<string, string>;

const NOTHING: Form = new Map();

/** The body of a `@FormBody()` route; no body is an empty form. */
export const FormParameters = createParamDecorator((_data: unknown, context: ExecutionContext): Form => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  return body instanceof Map ? (body as Form) : NOTHING;
});
