import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../kit/eventually.js';

export interface Received {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly event: { readonly id: string; readonly type: string; readonly createdAt: string; readonly data: Readonly<Record<string, unknown>> };
}

/** Another service of the operator's. */
export class Receiver {
  readonly received: Received[] = [];
  /** What it answers; null: nothing, ever. */
  status: number | null = 204;
  headers: Record<string, string> = {};

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        receiver.received.push({ headers: request.headers, text, event: JSON.parse(text) });
        if (receiver.status !== null) response.writeHead(receiver.status, receiver.headers).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** What has come of one type, once there are `count`. */
  async of(type: string, count = 1): Promise<Received[]> {
    const found = (): Received[] => this.received.filter(({ event }) => event.type === type);
    await eventually(`${count} of ${type} have come`, () => found().length >= count);
    return found();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** As a receiver checks it, by what the documentation says and nothing of the service's code. */
export const isSignedWith = (secret: string, { headers, text }: Received, toleranceSeconds = 300): boolean => {
  const parts = String(headers['likeness-signature']).split(',').map((part) => part.split('=', 2) as [string, string]);
  const t = parts.find(([name]) => name === 't')?.[1] ?? '';
  const expected = createHmac('sha256', secret).update(`${t}.${text}`).digest();
  const given = parts.filter(([name]) => name === 'v1').map(([, hex]) => Buffer.from(hex, 'hex'));
  const isGood = given.some((each) => each.length === expected.length && timingSafeEqual(each, expected));
  return isGood && Math.abs(Date.now() / 1000 - Number(t)) < toleranceSeconds;
};
