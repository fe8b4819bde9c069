// A Redis of one run's own: a single server, to be killed, paused and brought back; or two with a Sentinel, which fail over.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, mortal } from './processes.mjs';

/** The bus of a cluster listens 10,000 above. */
const HIGHEST_PORT = 50_000;
const AGAIN_MS = 100;

export class RedisServer {
  constructor(folder, port, binaries, more) {
    Object.assign(this, { folder, port, binaries, more });
    this.settings = { REDIS_URL: `redis://127.0.0.1:${port}/0` };
  }

  /** `more`: settings beside those that every server here has. */
  static async start(folder, binaries, more = {}) {
    mkdirSync(folder, { recursive: true });
    let port = await freePort();
    while (port > HIGHEST_PORT) port = await freePort();
    const server = new RedisServer(folder, port, binaries, more);
    await server.start();
    return server;
  }

  async start() {
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.folder, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction', 'repl-diskless-sync-delay': 0, ...this.more };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const [program, ...rest] = mortal([this.binaries.server, ...args]);
    // While it was down its port may have become the near end of somebody's connection: then it ends at once, and has it a moment later.
    for (let isUp = false; !isUp; ) {
      this.child = spawn(program, rest, { stdio: 'ignore', env: { ...process.env, ...this.binaries.env } });
      const ended = once(this.child, 'exit').then(() => sleep(AGAIN_MS, false));
      isUp = await this.ask((client) => Promise.race([client.ping().then(() => true, () => false), ended]));
    }
  }

  async ask(work) {
    const client = new Redis(this.port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  signal(name) {
    this.child.kill(name);
  }

  async kill() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Keeps what it holds now, to be brought back later. */
  async keepFile() {
    await this.ask((client) => client.call('SAVE'));
    copyFileSync(join(this.folder, 'dump.rdb'), join(this.folder, 'older.rdb'));
  }

  get hasOlderFile() {
    return existsSync(join(this.folder, 'older.rdb'));
  }

  async restart({ withOlderFile }) {
    await this.kill();
    rmSync(join(this.folder, 'dump.rdb'), { force: true });
    if (withOlderFile && this.hasOlderFile) copyFileSync(join(this.folder, 'older.rdb'), join(this.folder, 'dump.rdb'));
    await this.start();
  }
}

const NAME = 'likeness';

/** A master, its replica and one Sentinel with one vote; half a second of silence is a reason to fail over. */
export class RedisWithSentinel {
  static async start(folder, binaries) {
    const pair = new RedisWithSentinel();
    pair.servers = [await RedisServer.start(join(folder, 'one'), binaries), await RedisServer.start(join(folder, 'other'), binaries)];
    pair.master = pair.servers[0];
    await pair.servers[1].ask((client) => client.call('REPLICAOF', '127.0.0.1', String(pair.master.port)));
    await pair.isReplicated();
    const port = await freePort();
    const file = join(folder, 'sentinel.conf');
    const lines = [`monitor ${NAME} 127.0.0.1 ${pair.master.port} 1`, `down-after-milliseconds ${NAME} 500`, `failover-timeout ${NAME} 3000`];
    writeFileSync(file, lines.map((line) => `sentinel ${line}\n`).join(''));
    const [program, ...args] = mortal([binaries.server, file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', folder]);
    pair.sentinel = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...binaries.env } });
    pair.sentinelPort = port;
    pair.settings = { REDIS_SENTINELS: `127.0.0.1:${port}`, REDIS_SENTINEL_NAME: NAME };
    while ((await pair.asked('REPLICAS')).length === 0) await sleep(50);
    return pair;
  }

  async asked(what) {
    return RedisServer.prototype.ask.call({ port: this.sentinelPort }, (client) => client.call('SENTINEL', what, NAME));
  }

  get replica() {
    return this.servers.find((server) => server !== this.master);
  }

  async isReplicated() {
    while (!/slave0:.*state=online/.test(await this.master.ask((client) => client.info('replication')))) await sleep(20);
  }

  signal(name) {
    this.master.signal(name);
  }

  /** The master dies, the replica takes its place, and the old one comes back as a replica. `withLoss`: the replica has missed the last writes. */
  async failOver({ withLoss }) {
    const { master, replica } = this;
    if (withLoss) {
      replica.signal('SIGSTOP');
      await sleep(400);
    }
    await master.kill();
    if (withLoss) replica.signal('SIGCONT');
    while (Number((await this.asked('GET-MASTER-ADDR-BY-NAME'))[1]) !== replica.port) await sleep(30);
    this.master = replica;
    await master.start();
    await this.isReplicated();
  }

  async kill() {
    this.sentinel.kill('SIGKILL');
    await Promise.all(this.servers.map((server) => server.kill()));
  }
}
