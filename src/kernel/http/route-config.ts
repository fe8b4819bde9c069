import type { Type } from '@nestjs/common';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { CachePolicyName } from './caching/cache-policy.js';
import type { ShortWay } from './short-ways/short-way.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What may keep the answer; absent means `noStore`. */
    cachePolicy?: CachePolicyName;
    /** Pages of any origin may embed the answer. */
    embeddable?: boolean;
    /** The body is handed over unread, whatever its declared type. */
    rawBody?: boolean;
    /** The body is a form (`application/x-www-form-urlencoded`), and nothing else. */
    formBody?: boolean;
    /** Anyone may call it: its refused bodies are counted by address. */
    isPublic?: boolean;
    /** A Content-Security-Policy other than the strict one; only for pages that people look at. */
    contentSecurityPolicy?: string;
    /** `Accept` chooses the answer. */
    negotiates?: boolean;
    /** What answers the ordinary case. */
    shortWay?: Type<ShortWay>;
  }
}

export interface RouteFacts {
  cachePolicy?: CachePolicyName;
  embeddable?: boolean;
  rawBody?: boolean;
  formBody?: boolean;
  isPublic?: boolean;
  contentSecurityPolicy?: string;
  negotiates?: boolean;
  shortWay?: Type<ShortWay>;
}

/**
 * Adds facts to a route, where Fastify's hooks find them without a look-up.
 * Nest's own `@RouteConfig()` replaces what an earlier decorator said; this one adds to it.
 */
export const RouteFacts =
  (facts: RouteFacts): MethodDecorator =>
  (_target, _key, descriptor) => {
    const handler = descriptor.value as object;
    const earlier = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as RouteFacts | undefined;
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...earlier, ...facts }, handler);
  };
