import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const STYLE = 'body{margin:15vh auto;max-width:30rem;padding:0 1.25rem;font:1rem/1.5 system-ui,sans-serif}h1{font-size:1.5rem}';
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const pageWith = (link: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Page not found</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Page not found</h1>
<p>There is no page at this address. It may be mistyped, or the page has moved.</p>
${link}</body>
</html>
`;

/** Where only programs go: they are told of a wrong address rather than led to the right one. */
const API = /^\/(v1|oauth)\//;

/** Which methods a path has; empty where there is no route. */
type MethodsOf = (path: string) => readonly string[];

/** What a person is answered at an address that no route has: the page beside it that lacks the slash at its end, or a page that says so. */
export class UnknownPages {
  private readonly page: string;

  /** `basePath`: under which the service is reached, without a slash at its end. Call it once all routes are known. */
  constructor(
    private readonly methodsOf: MethodsOf,
    basePath: string,
  ) {
    this.page = pageWith(methodsOf('/').includes('GET') ? `<p><a href="${basePath}/">Go to the start page</a></p>\n` : '');
  }

  /** Whether it has answered. Programs, which do not ask for HTML, are left to be told by a problem document. */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    if (!['GET', 'HEAD'].includes(request.method)) return false;
    const url = request.raw.url ?? '/';
    const isPerson = asksForHtml(request.headers.accept);
    const page = isPerson || !API.test(url) ? this.withoutSlash(url) : null;
    if (page !== null) void reply.code(308).header('location', page).send();
    else if (isPerson) void reply.code(404).header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(this.page);
    return page !== null || isPerson;
  }

  /** Relative, since a proxy may have taken a part of the path off: `../devices?tab=2`. */
  private withoutSlash(url: string): string | null {
    const [path = '', query] = url.split(/\?(.*)/s, 2);
    const trimmed = path.replace(/\/+$/, '');
    if (trimmed === path || !this.methodsOf(trimmed).includes('GET')) return null;
    const levels = path.length - trimmed.length;
    return `${'../'.repeat(levels)}${trimmed.slice(trimmed.lastIndexOf('/') + 1)}${query === undefined ? '' : `?${query}`}`;
  }
}

/** By name: `*\/*` is what every program sends. */
const asksForHtml = (accept = ''): boolean => /(^|,)\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i.test(accept);
