import type { FastifyRequest } from 'fastify';
import type { CachePolicyName } from './cache-policy.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Only the caller's own browser may keep the answer, whatever the route's policy says of others. */
    isKeptPrivately: boolean;
  }
}

/** What a policy for everybody becomes when only the caller's own browser may keep the answer. */
const PRIVATE_FORM: Partial<Record<CachePolicyName, CachePolicyName>> = { publicNoCache: 'privateNoCache', immutable: 'privateImmutable' };

/** The answer to this request may be kept by the caller's own browser at most. Call it before answering. */
export const keepPrivately = (request: FastifyRequest): void => {
  request.isKeptPrivately = true;
};

export const policyFor = (request: FastifyRequest): CachePolicyName | undefined => {
  const policy = request.routeOptions.config?.cachePolicy;
  return policy && request.isKeptPrivately ? (PRIVATE_FORM[policy] ?? policy) : policy;
};

/** The same, for the document: every form in which a route's policy can be sent. */
export const formsOf = (policy: CachePolicyName): CachePolicyName[] => [policy, ...(PRIVATE_FORM[policy] ? [PRIVATE_FORM[policy]] : [])];
