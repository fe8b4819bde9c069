import { Agent, createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Rewriting {
  /** As if the answers had been made so long ago: an older `Date`, and an `Age` (RFC 9111 §4.2.3). */
  readonly ageSeconds?: number;
  /** The Cache-Control of the stable picture URL, in the place of the service's own. */
  readonly stableCacheControl?: string;
}

const STABLE_URL = /^\/v1\/users\/[0-9a-f-]{36}\/avatar(\?|$)/;

/** Stands between caches and the service: takes the instances in turn, counts what reaches them, and can tell caches other things than the service says. */
export class RewritingProxy {
  rewriting: Rewriting = {};
  targets: readonly string[] = [];
  /** What it serves itself, by path. */
  readonly pages = new Map<string, string>();
  /** What reached the service, as `GET /path`, since the last `forget`. */
  asked: string[] = [];
  /** Answers to GETs wait here, fetched but not passed on, while there is one. */
  gate: Promise<unknown> | null = null;
  private readonly agent = new Agent({ keepAlive: true });
  private turn = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RewritingProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const proxy = new RewritingProxy(server);
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => proxy.pass(incoming, outgoing));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  askedFor(path: string): number {
    return this.asked.filter((line) => line === `GET ${path}`).length;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const path = incoming.url!;
    const page = this.pages.get(path);
    if (page !== undefined) return void outgoing.setHeader('content-type', 'text/html').setHeader('cache-control', 'no-store').end(page);
    this.asked.push(`${incoming.method} ${path}`);
    const target = new URL(this.targets[this.turn++ % this.targets.length]!);
    const onward = request({ agent: this.agent, host: target.hostname, port: target.port, path, method: incoming.method, headers: incoming.headers });
    onward.on('response', (answer) => void this.answer(incoming, answer, outgoing));
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  private async answer({ method, url }: IncomingMessage, answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (method === 'GET' && this.gate) await this.gate;
    outgoing.writeHead(answer.statusCode!, method === 'GET' ? this.rewritten(url!, answer) : answer.headers);
    answer.pipe(outgoing);
  }

  private rewritten(path: string, { headers, statusCode }: IncomingMessage): OutgoingHttpHeaders {
    const { ageSeconds = 0, stableCacheControl } = this.rewriting;
    return {
      ...headers,
      ...(ageSeconds > 0 && { date: new Date(Date.now() - ageSeconds * 1_000).toUTCString(), age: String(ageSeconds) }),
      ...(stableCacheControl !== undefined && STABLE_URL.test(path) && [200, 304].includes(statusCode!) && { 'cache-control': stableCacheControl }),
    };
  }
}
