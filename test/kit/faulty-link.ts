import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A way to a server that can refuse, or take its time; until then it passes on whatever comes. */
export class FaultyLink {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private delayMs = 0;
  private lost: string | null = null;
  port = 0;

  private constructor(public target: NetConnectOpts) {}

  static async start(target: NetConnectOpts): Promise<FaultyLink> {
    const link = new FaultyLink(target);
    await link.open();
    return link;
  }

  /** Connections are refused, and those that are open break. */
  refuse(): void {
    this.server?.close();
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Every answer comes so much later. */
  slow(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  /** The next request with this text in it reaches the server; its connection breaks instead of the answer. */
  loseAnswerTo(text: string): void {
    this.lost = text;
  }

  /** What was slowed is late for good: those connections break. */
  async mend(): Promise<void> {
    if (this.delayMs > 0) for (const socket of this.sockets) socket.destroy();
    this.delayMs = 0;
    if (!this.server) await this.open();
  }

  stop(): void {
    this.refuse();
  }

  private async open(): Promise<void> {
    this.server = createServer((client) => this.pass(client)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private pass(client: Socket): void {
    const server = connect(this.target);
    const ends = [client, server];
    for (const socket of ends) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        ends.forEach((end) => end.destroy());
      });
    }
    let isLosing = false;
    client.on('data', (chunk) => {
      if (this.lost !== null && chunk.includes(this.lost)) {
        isLosing = true;
        this.lost = null;
      }
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (isLosing) client.destroy();
      else if (this.delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), this.delayMs).unref();
    });
  }
}
