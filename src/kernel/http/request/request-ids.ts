import type { FastifyRequest } from 'fastify';
import type { Principal } from '../principal.js';

/** What a line of the log says of the request that it is about: ids, and nothing that names a person. */
export interface RequestIds {
  readonly requestId: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly keyId?: string;
}

/** Who asks is known once the guard has let them in. */
export const requestIds = (request: FastifyRequest): RequestIds => {
  const { principal } = request as FastifyRequest & { readonly principal?: Principal };
  if (!principal) return { requestId: request.id };
  const by = principal.kind === 'session' ? { sessionId: principal.sessionId } : { keyId: principal.keyId };
  return { requestId: request.id, userId: principal.userId, ...by };
};
