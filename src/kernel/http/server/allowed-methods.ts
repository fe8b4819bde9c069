import type { FastifyInstance } from 'fastify';

/** Which methods each path has, so that a wrong method on a right path is 405 with Allow (RFC 9110 §15.5.6) and not 404. */
export class AllowedMethods {
  private readonly methodsByPattern = new Map<string, { readonly matcher: RegExp; readonly methods: Set<string> }>();

  collectFrom(server: FastifyInstance): void {
    server.addHook('onRoute', ({ url, method }) => {
      const known = this.methodsByPattern.get(url) ?? { matcher: matcherOf(url), methods: new Set<string>() };
      for (const name of [method].flat()) known.methods.add(name);
      this.methodsByPattern.set(url, known);
    });
  }

  /** Empty for a path that no route has. */
  of(rawUrl: string): string[] {
    const path = rawUrl.split('?', 1)[0]!;
    const found = new Set<string>();
    for (const { matcher, methods } of this.methodsByPattern.values()) {
      if (matcher.test(path)) for (const method of methods) found.add(method);
    }
    return found.size === 0 ? [] : [...found, 'OPTIONS'].sort();
  }
}

/** Fastify's pattern (`/users/:id/*`, `/:size.:format`) as an expression; only asked once no route has matched. */
const matcherOf = (pattern: string): RegExp => {
  const source = pattern
    .split(/(:\w+|\*)/)
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+?' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`);
};
