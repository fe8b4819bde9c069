import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import type { TestCertificate } from './certificate.js';
import { endChild } from './ended-child.js';
import { freePort } from './free-port.mjs';
import { eventually } from './eventually.js';

const run = promisify(execFile);
const SERVER = process.env.TEST_REDIS_SERVER ?? 'redis-server';
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(process.env.TEST_REDIS_LIB ? { LD_LIBRARY_PATH: process.env.TEST_REDIS_LIB } : {}),
});

/** The cluster bus listens 10,000 above. */
async function portWithBus(): Promise<number> {
  const port = await freePort();
  return port > 50_000 ? portWithBus() : port;
}

/** A Redis server of one's own, to be killed, paused and restarted. */
export class PrivateRedis {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    /** Where its files are. */
    readonly folder: string,
    private readonly options: readonly string[],
    private readonly kind: readonly string[] = ['--save', ''],
  ) {}

  static async start(...options: string[]): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await portWithBus(), await mkdtemp(join(tmpdir(), 'likeness-redis-')), options);
    await redis.start();
    return redis;
  }

  /** Watches one master; one vote is enough, half a second of silence a reason. */
  static async startSentinel(name: string, masterPort: number, ...options: string[]): Promise<PrivateRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    const lines = [`monitor ${name} 127.0.0.1 ${masterPort} 1`, `down-after-milliseconds ${name} 500`, `failover-timeout ${name} 3000`];
    await writeFile(file, lines.map((line) => `sentinel ${line}\n`).join(''));
    const sentinel = new PrivateRedis(await portWithBus(), folder, options, [file, '--sentinel']);
    await sentinel.start();
    return sentinel;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  get tlsPort(): number {
    return Number(this.options[this.options.indexOf('--tls-port') + 1]);
  }

  async start(): Promise<void> {
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--logfile', 'redis.log'];
    this.child = spawn(SERVER, [...this.kind, ...fixed, ...this.options], { env: environment(), stdio: 'ignore' });
    const client = new Redis(this.port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await client.ping();
    client.disconnect();
  }

  /** Until this replica holds all that `master` wrote before. */
  async hasCaughtUpWith(master: PrivateRedis): Promise<void> {
    const client = new Redis(master.port, '127.0.0.1');
    await client.set('caught-up', '1', 'PX', 1);
    await eventually('the replica holds what its master wrote', async () => (await client.wait(1, 1_000)) >= 1);
    client.disconnect();
  }

  async knowsReplica(name: string): Promise<void> {
    const client = new Redis(this.port, '127.0.0.1');
    await eventually('the sentinel knows the replica', async () => ((await client.call('SENTINEL', 'REPLICAS', name)) as unknown[]).length > 0);
    client.disconnect();
  }

  /** A copy of its files as they are now, to be given back by `restore`. */
  async copyFiles(): Promise<string> {
    const copy = `${this.folder}-copy`;
    await rm(copy, { recursive: true, force: true });
    await cp(this.folder, copy, { recursive: true });
    return copy;
  }

  /** Puts files of before in the place of today's; the server must not run. */
  async restore(copy: string): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await cp(copy, this.folder, { recursive: true });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  kill(): Promise<void> {
    return endChild(this.child, 'SIGKILL');
  }

  async remove(): Promise<void> {
    await this.kill();
    await Promise.all([this.folder, `${this.folder}-copy`].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Options of a server that also speaks TLS, at its `tlsPort`. */
export async function speakingTls({ file, keyFile }: TestCertificate): Promise<readonly string[]> {
  const files = ['--tls-cert-file', file, '--tls-key-file', keyFile, '--tls-ca-cert-file', file];
  return ['--tls-port', String(await freePort()), ...files, '--tls-auth-clients', 'no'];
}

const CLUSTER_OPTIONS = ['--cluster-enabled', 'yes', '--repl-diskless-sync-delay', '0'];

interface ClusterShape {
  readonly replicas?: number;
  readonly nodeTimeoutMs?: number;
  /** With it the nodes speak TLS, to each other too. */
  readonly certificate?: TestCertificate;
  readonly options?: readonly string[];
}

/** Three masters that share the slots, each with so many replicas; the first three nodes are the masters. Who is silent for so long is replaced. */
export async function startCluster({ replicas = 0, nodeTimeoutMs = 2_000, certificate, options = [] }: ClusterShape = {}): Promise<readonly PrivateRedis[]> {
  const common = [...CLUSTER_OPTIONS, '--cluster-node-timeout', String(nodeTimeoutMs), ...options];
  const startNode = async (): Promise<PrivateRedis> => PrivateRedis.start(...common, ...(certificate ? ['--tls-cluster', 'yes', ...(await speakingTls(certificate))] : []));
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, startNode));
  const addresses = nodes.map(({ port, tlsPort }) => `127.0.0.1:${certificate ? tlsPort : port}`);
  const trust = certificate ? ['--tls', '--cacert', certificate.file] : [];
  const cli = SERVER.includes('/') ? join(dirname(SERVER), 'redis-cli') : 'redis-cli';
  await run(cli, [...trust, '--cluster', 'create', ...addresses, '--cluster-replicas', String(replicas), '--cluster-yes'], { env: environment() });
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
  const areReady = async (): Promise<boolean> => {
    const infos = await Promise.all(clients.map(async (client) => `${await client.cluster('INFO')}${await client.info('replication')}`));
    // A replica is connected before it is in step: until then its master neither names it (ROLE) nor counts it (WAIT).
    const isReplicated = (info: string): boolean => (info.match(/^slave\d+:.*state=online/gm) ?? []).length === replicas;
    return infos.every((info) => info.includes('cluster_state:ok') && (info.includes('role:slave') ? info.includes('link_status:up') : isReplicated(info)));
  };
  await eventually('the cluster is ready', areReady, { everyMs: 50 });
  clients.forEach((client) => client.disconnect());
  return nodes;
}
