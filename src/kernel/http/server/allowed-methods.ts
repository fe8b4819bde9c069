import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';

/** Which methods each path has, so that a wrong method on a right path is 405 with Allow (RFC 9110 §15.5.6) and not 404. */
export class AllowedMethods {
  private readonly methodsByPattern = new Map<string, { readonly matcher: RegExp; readonly methods: Set<string> }>();

  collectFrom(server: FastifyInstance): void {
    server.addHook('onRoute', (route) => {
      const { url, method } = route;
      const known = this.methodsByPattern.get(url) ?? { matcher: matcherOf(url), methods: new Set<string>() };
      for (const name of [method].flat()) known.methods.add(name);
      this.methodsByPattern.set(url, known);
      if (url.includes(':')) this.leaveWordsToTheirOwnRoutes(route, known.matcher);
    });
  }

  /** Empty for a path that no route has. */
  of(rawUrl: string): string[] {
    const path = pathOf(rawUrl);
    const found = new Set<string>();
    // A route that has the very path goes before those that would take a part of it for a parameter.
    const exact = this.methodsByPattern.get(path);
    for (const { matcher, methods } of exact ? [exact] : this.methodsByPattern.values()) {
      if (matcher.test(path)) for (const method of methods) found.add(method);
    }
    return found.size === 0 ? [] : [...found, 'OPTIONS'].sort();
  }

  /** The router takes `GET /users/lookup` for a user named `lookup` where only POST has a route of its own: it is a wrong method. */
  private leaveWordsToTheirOwnRoutes(route: RouteOptions, matcher: RegExp): void {
    let words: ReadonlySet<string> | undefined;
    const refuse = ({ raw }: FastifyRequest, _reply: unknown, done: HookHandlerDoneFunction): void => {
      // Known once all routes are, and not before.
      words ??= new Set([...this.methodsByPattern.keys()].filter((pattern) => !pattern.includes(':') && matcher.test(pattern)));
      if (words.size === 0 || !words.has(pathOf(raw.url ?? '/'))) done();
      else done(frameworkError('request.method_not_allowed', undefined, { Allow: this.of(raw.url ?? '/').join(', ') }));
    };
    route.onRequest = [refuse, ...[route.onRequest ?? []].flat()];
  }
}

const pathOf = (rawUrl: string): string => rawUrl.split('?', 1)[0]!;

/** Fastify's pattern (`/users/:id/*`, `/:size.:format`) as an expression; only asked once no route has matched. */
const matcherOf = (pattern: string): RegExp => {
  const source = pattern
    .split(/(:\w+|\*)/)
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+?' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`);
};
