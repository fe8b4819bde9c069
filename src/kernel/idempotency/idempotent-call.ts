import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../addresses/index.js';
import { requestMeta, type Principal } from '../http/index.js';
import { malformedKey } from './idempotency.errors.js';

/** A request that may be one that was answered before. */
export interface IdempotentCall {
  /** What the client calls it; null: it has not said, and nothing is kept. */
  readonly key: string | null;
  /** Whose keys these are. Accounts and API keys have their own; all who are not signed in share one space. */
  readonly principal: string;
  /** Who has a share of what is kept: the same, but an address where nobody is signed in. */
  readonly keeper: string;
  readonly route: string;
  readonly body: unknown;
  /** Says on the answer that it was given before. */
  readonly markReplayed: () => void;
}

/** A string of RFC 8941 §3.3.3, as the draft asks; or the same without its quotes, as most clients send it. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,510})"$/;
const BARE = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/;
const MAX_KEY_LENGTH = 255;

/** The key that the header says, whichever way it is written. Throws 400. */
export const idempotencyKeyOf = (header: string | undefined): string | null => {
  if (header === undefined) return null;
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE.test(header) ? header : undefined);
  if (key === undefined || key.length > MAX_KEY_LENGTH) throw malformedKey();
  return key;
};

const spaceOf = (principal: Principal | undefined): string => {
  if (!principal) return 'anyone';
  return principal.kind === 'session' ? `user:${principal.userId}` : `key:${principal.keyId}`;
};

/** The request, as `Idempotency.run` takes it; on handlers that are `@Idempotent()`. */
export const CurrentCall = createParamDecorator((_data: unknown, context: ExecutionContext): IdempotentCall => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const reply = context.switchToHttp().getResponse<FastifyReply>();
  return {
    // A header that comes twice is joined by a comma, which no bare key has.
    key: idempotencyKeyOf(request.headers['idempotency-key'] as string | undefined),
    principal: spaceOf(request.principal),
    keeper: request.principal ? spaceOf(request.principal) : networkOf(requestMeta(request).ipAddress ?? ''),
    route: `${request.method} ${request.url.split('?')[0]}`,
    body: request.body,
    markReplayed: () => void reply.header('idempotency-replayed', 'true'),
  };
});
