import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PROJECT = new URL('../../', import.meta.url);
const PAGE = `<!doctype html><title>An application</title>
<script type="importmap">{"imports":{"@likeness/client":"/client/index.js","openapi-fetch":"/openapi-fetch.mjs"}}</script>
<script type="module">
  import { createLikenessClient } from '@likeness/client';
  window.reasons = [];
  window.likeness = createLikenessClient({ baseUrl: '/', transport: 'cookie', onSignedOut: (reason) => window.reasons.push(reason) });
</script>`;

/** An application's page, its modules as they were built, and the service behind the same address. */
export class PageOrigin {
  service = '';
  readonly asked: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<PageOrigin> {
    const server = createServer();
    const origin = new PageOrigin(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void origin.answer(request, response).catch(() => response.destroy()));
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return origin;
  }

  /** Browsers take it for trustworthy, as they take https: there are Web Locks, and Secure cookies. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const module = /^\/client\/([\w-]+\.js)$/.exec(path)?.[1];
    if (module) return script(response, `clients/typescript/dist/${module}`);
    if (path === '/openapi-fetch.mjs') return script(response, 'node_modules/openapi-fetch/dist/index.mjs');
    if (!path.startsWith('/v1/')) return void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    this.asked.push(`${request.method} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _host, connection: _connection, 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = request.headers;
    const answer = await fetch(this.service + path, { method: request.method, headers: headers as Record<string, string>, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined });
    const { connection: _c, 'keep-alive': _k, 'content-encoding': _e, ...passed } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, { ...passed, ...(answer.headers.getSetCookie().length > 0 && { 'set-cookie': answer.headers.getSetCookie() }) }).end(Buffer.from(await answer.arrayBuffer()));
  }
}

const script = async (response: ServerResponse, path: string): Promise<void> =>
  void response.writeHead(200, { 'content-type': 'text/javascript' }).end(await readFile(new URL(path, PROJECT)));
