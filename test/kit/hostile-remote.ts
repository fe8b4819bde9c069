import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Behaviour = (socket: Socket) => void;

/** Writes again and again, until the other side has had enough. */
const every = (milliseconds: number, text: (count: number) => string): Behaviour => (socket) => {
  let count = 0;
  const timer = setInterval(() => socket.write(text(count++)), milliseconds);
  socket.on('close', () => clearInterval(timer));
};
const says = (text: string): Behaviour => (socket) => void socket.write(text);
const saysAndEnds = (text: string): Behaviour => (socket) => void socket.end(text);
const saysAndResets = (text: string): Behaviour => (socket) => void socket.write(text, () => socket.resetAndDestroy());
const OK = 'HTTP/1.1 200 OK\r\n';

/** What a server of HTTP may do once it has a request. Each is a way in which a client that waits for `response` or `error` alone might wait for ever. */
export const HOSTILE_ANSWERS: Readonly<Record<string, Behaviour>> = {
  'switches protocols': says('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  'switches protocols and hangs up': saysAndEnds('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  'switches protocols and resets': saysAndResets('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  'switches protocols without a name': says('HTTP/1.1 101 \r\n\r\n'),
  'says to continue for ever': every(40, () => 'HTTP/1.1 100 Continue\r\n\r\n'),
  'gives early hints for ever': every(40, () => 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'),
  'floods early hints': every(1, () => 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'.repeat(200)),
  'floods early hints in one piece and is silent': says('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(5_000)),
  'says nothing': () => undefined,
  'hangs up': (socket) => void socket.end(),
  resets: (socket) => void socket.resetAndDestroy(),
  'gives half a status line': says('HTTP/1.1 20'),
  'gives half a status line and hangs up': saysAndEnds('HTTP/1.1 20'),
  'gives half a head': says(`${OK}content-length: 5\r\n`),
  'gives half a head and hangs up': saysAndEnds(`${OK}content-length: 5\r\n`),
  'gives half a head and resets': saysAndResets(`${OK}content-length: 5\r\n`),
  'trickles its head': every(20, (count) => (count === 0 ? OK : `x-${count}: y\r\n`)),
  'trickles one field': every(20, (count) => (count === 0 ? `${OK}x: ` : 'y')),
  'gives a head of a megabyte': says(`${OK}x: ${'y'.repeat(1_000_000)}\r\n\r\n`),
  'speaks no HTTP': says('SSH-2.0-OpenSSH_9.6\r\n'),
  'speaks TLS': (socket) => void socket.write(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])),
};

/** What it may do in the body. A client that needs the status alone is done before. */
export const HOSTILE_BODIES: Readonly<Record<string, Behaviour>> = {
  'gives a head and nothing more': says(`${OK}content-length: 5\r\n\r\n`),
  'gives a part and is silent': says(`${OK}content-length: 5\r\n\r\nab`),
  'gives a part and hangs up': saysAndEnds(`${OK}content-length: 5\r\n\r\nab`),
  'gives a part and resets': saysAndResets(`${OK}content-length: 5\r\n\r\nab`),
  'trickles its body': every(20, (count) => (count === 0 ? `${OK}content-length: 900\r\n\r\n` : 'a')),
  'trickles its chunks': every(20, (count) => (count === 0 ? `${OK}transfer-encoding: chunked\r\n\r\n` : '1\r\na\r\n')),
  'gives a chunk that is none': says(`${OK}transfer-encoding: chunked\r\n\r\nxyz\r\n`),
  'gives a body without an end': says(`${OK}\r\nab`),
};

/** A server that does as it is told with every connection on which something has come. */
export class HostileRemote {
  private readonly sockets = new Set<Socket>();
  private readonly spoken = new EventEmitter();
  connections = 0;
  behave: Behaviour = () => undefined;

  private constructor(
    private readonly server: Server,
    /** Whether it waits to be spoken to; servers of mail speak first. */
    private readonly isSpokenTo: boolean,
  ) {}

  static async start({ isSpokenTo = true, host = '127.0.0.1' } = {}): Promise<HostileRemote> {
    const server = createServer();
    const remote = new HostileRemote(server, isSpokenTo);
    server.on('connection', (socket) => remote.take(socket)).listen(0, host);
    await once(server, 'listening');
    return remote;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections the other side has not closed yet. */
  get open(): number {
    return this.sockets.size;
  }

  /** Resolves when something comes that it can answer. */
  async heard(): Promise<void> {
    await once(this.spoken, 'heard');
  }

  /** Resolves once no connection is open. */
  async quiet(): Promise<void> {
    while (this.sockets.size > 0) await Promise.all([...this.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  dropAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket.setMaxListeners(0).on('error', () => undefined));
    socket.on('close', () => this.sockets.delete(socket));
    const { behave } = this;
    if (this.isSpokenTo) socket.once('data', () => (behave(socket), this.spoken.emit('heard'))).resume();
    else behave(socket);
  }
}
