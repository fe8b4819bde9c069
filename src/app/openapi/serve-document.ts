import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildDocument } from './build-document.js';
import { DOCS_CSP, DOCS_PAGE, DOCS_SCRIPT } from './docs-page.js';

interface Served {
  readonly bytes: Buffer;
  readonly etag: string;
}

type Source = () => Promise<string | Buffer> | string;

const ASSETS_FOLDER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const asset = (name: string): Source => () => readFile(join(ASSETS_FOLDER, name));

/** `/openapi.json`, and `/docs` to read it, which works without any other origin. Each is made when it is first asked for. */
export const serveDocument = (app: NestFastifyApplication): void => {
  const server = app.getHttpAdapter().getInstance();
  serve(server, '/openapi.json', 'application/json; charset=utf-8', () => JSON.stringify(buildDocument(app)));
  serve(server, '/docs', 'text/html; charset=utf-8', () => DOCS_PAGE);
  serve(server, '/docs/start.js', 'text/javascript; charset=utf-8', () => DOCS_SCRIPT);
  serve(server, '/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', asset('swagger-ui-bundle.js'));
  serve(server, '/docs/swagger-ui.css', 'text/css; charset=utf-8', asset('swagger-ui.css'));
  serve(server, '/docs/favicon.png', 'image/png', asset('favicon-32x32.png'));
};

const serve = (server: FastifyInstance, url: string, type: string, source: Source): void => {
  let served: Promise<Served> | undefined;
  const config = { cachePolicy: 'publicNoCache' as const, ...(url.startsWith('/docs') && { contentSecurityPolicy: DOCS_CSP }) };
  server.get(url, { config }, async (_request, reply) => {
    served ??= load(source);
    const { bytes, etag } = await served;
    return reply.header('etag', etag).type(type).send(bytes);
  });
};

const load = async (source: Source): Promise<Served> => {
  const bytes = Buffer.from(await source());
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
};
