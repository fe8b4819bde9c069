import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, parseAddress, TrustedNetworks } from '../../addresses/index.js';
import type { HttpConfig } from '../../config/index.js';
import { Connection } from './connection.js';

/** Why a connection is not served: there are too many in all, or of its address. */
export type RefusalReason = 'total' | 'address';

export interface ConnectionAnswers {
  /** Written to a connection that is one too many; the connection is closed behind it. */
  refuse(socket: Socket): void;
  /** Tells the client that its request came too slowly, and ends the connection. */
  tooSlow(socket: Socket): void;
}

const MIN_LOOK_MS = 20;
const MAX_LOOK_MS = 2_000;
const LOOKS_PER_IDLE = 10;
const MAX_REFUSED_AT_ONCE = 256;

/** How often connections are looked at: a tenth of what a client may be silent, within reason. */
export const lookMs = (idleMs: number): number => Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, Math.round(idleMs / LOOKS_PER_IDLE)));

/**
 * The connections of one server: no more than may be, of one address no more than its share, and none for longer than its client
 * sends or takes something. Request heads have Node's own time limit (`headersTimeout`).
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  private readonly countByNetwork = new Map<string, number>();
  private readonly refused = new Set<Socket>();
  private readonly uploads = new WeakSet<IncomingMessage>();
  private readonly proxies: TrustedNetworks;
  /** Told of each connection that is not served. */
  onRefusal: (reason: RefusalReason) => void = () => undefined;
  /** Told of each that is ended for a body that came too slowly, or an answer that was not taken. */
  onTimeout: () => void = () => undefined;

  constructor(
    private readonly config: Pick<HttpConfig, 'trustedProxies' | 'waits'>,
    private readonly answers: ConnectionAnswers,
    private readonly isClosing: () => boolean,
  ) {
    this.proxies = new TrustedNetworks(config.trustedProxies);
  }

  get count(): number {
    return this.open.size;
  }

  /** Call it once, before the server listens. */
  watch(server: Server): void {
    // Node's own listener is called for those alone that are served: what it has begun to parse it would answer, too.
    const [serve] = server.listeners('connection') as [(socket: Socket) => void];
    server.removeListener('connection', serve).on('connection', (socket: Socket) => {
      if (this.admit(socket)) serve.call(server, socket);
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.open.get(request.socket)?.serves(request, response));
    server.setTimeout(this.config.waits.idleMs, (socket) => this.fellSilent(socket));
    const timer = setInterval(() => this.look(), lookMs(this.config.waits.idleMs));
    timer.unref();
    server.once('close', () => clearInterval(timer));
  }

  /** The body of this request may take as long as an upload may. */
  expectUpload(request: IncomingMessage): void {
    this.uploads.add(request);
  }

  private admit(socket: Socket): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.config.waits;
    const peer = socket.remoteAddress === undefined ? null : parseAddress(socket.remoteAddress);
    const network = peer === null || this.proxies.includes(peer) ? null : networkOf(peer);
    const ofNetwork = network === null ? 0 : (this.countByNetwork.get(network) ?? 0);
    if (this.open.size >= maxConnections) return this.turnAway(socket, 'total');
    if (ofNetwork >= maxConnectionsPerAddress) return this.turnAway(socket, 'address');
    this.open.set(socket, new Connection(socket, network));
    if (network !== null) this.countByNetwork.set(network, ofNetwork + 1);
    socket.once('close', () => this.left(socket, network));
    return true;
  }

  private left(socket: Socket, network: string | null): void {
    this.open.delete(socket);
    if (network === null) return;
    const rest = (this.countByNetwork.get(network) ?? 1) - 1;
    if (rest > 0) this.countByNetwork.set(network, rest);
    else this.countByNetwork.delete(network);
  }

  /** It is told, and read on for a moment: what lies unread in it when it closes would take the answer with it. */
  private turnAway(socket: Socket, reason: RefusalReason): false {
    this.onRefusal(reason);
    socket.on('error', () => socket.destroy());
    if (this.refused.size >= MAX_REFUSED_AT_ONCE) {
      socket.destroy();
      return false;
    }
    this.refused.add(socket);
    socket.once('close', () => this.refused.delete(socket)).resume();
    this.answers.refuse(socket);
    setTimeout(() => socket.destroy(), MAX_LOOK_MS / 2).unref();
    return false;
  }

  private look(): void {
    const now = performance.now();
    const isUpload = (request: IncomingMessage): boolean => this.uploads.has(request);
    for (const connection of this.open.values()) {
      const verdict = connection.judge(now, this.config.waits, isUpload, this.isClosing());
      if (verdict === null) continue;
      this.onTimeout();
      if (verdict === 'close') connection.socket.destroy();
      else this.answers.tooSlow(connection.socket);
    }
  }

  /** Nothing was read or written for as long as may be; after an answer, for as long as a connection is kept. */
  private fellSilent(socket: Socket): void {
    const connection = this.open.get(socket);
    if (connection?.isAnswering && socket.writableLength === 0) {
      // The handler is at work, or `look` waits for the body.
      socket.setTimeout(this.config.waits.idleMs);
      return;
    }
    if (connection?.isAnswering) this.onTimeout();
    if (connection?.isNew && socket.bytesRead > 0) this.answers.tooSlow(socket);
    else socket.destroy();
  }
}
