import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { RouteFacts } from '../route-config.js';
import type { CachePolicyName } from './cache-policy.js';

export const CACHE_POLICY = 'likeness:cache-policy';

/** The OpenAPI extension by which the document learns the policy; removed before it is served. */
export const CACHE_POLICY_EXTENSION = 'x-likeness-cache-policy';

/** Declares who may keep the answer of this route; `CachePolicyInterceptor` applies it. Without it a route is `noStore`. */
export const CachePolicy = (policy: CachePolicyName): MethodDecorator =>
  applyDecorators(SetMetadata(CACHE_POLICY, policy), RouteFacts({ cachePolicy: policy }), ApiExtension(CACHE_POLICY_EXTENSION, policy));
