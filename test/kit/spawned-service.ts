import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const UNBUNDLED_MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** What operators start: the same from one file. It is up in a quarter of the time. A preload can't alter its classes and packages: they are its own copies. */
export const BUNDLED_MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));
const CHEAP_ARGON2 = new URL('cheap-argon2.preload.mjs', import.meta.url).href;
const START_LIMIT_MS = 60_000;
const INHERITED = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };

/** With what, beside its settings, the service is started. */
export interface Circumstances {
  /** A module that is loaded before the service; the service is not bundled then. */
  readonly preload?: string;
  /** A command that becomes the one behind it. */
  readonly through?: readonly string[];
  /** Passwords cost what they do in production: for tests that look at what waits behind them. */
  readonly hasRealPasswords?: boolean;
  /** The bundle, or `dist/main.js` where there is a preload. */
  readonly main?: string;
}

/** The service in a process of its own. Passwords are hashed cheaply there too, unless it is said. */
export class SpawnedService {
  private output = '';
  /** The exit code or the signal, once it is over and has said all. */
  readonly ended: Promise<number | NodeJS.Signals>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream!.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    this.ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  }

  /** Does not wait: it may be meant not to start. */
  static spawn(settings: Readonly<Record<string, string>>, { preload, through = [], hasRealPasswords = false, main = preload ? UNBUNDLED_MAIN : BUNDLED_MAIN }: Circumstances = {}): SpawnedService {
    const preloads = [...(hasRealPasswords ? [] : [CHEAP_ARGON2]), ...(preload ? [preload] : [])].flatMap((module) => ['--import', module]);
    const [program, ...rest] = [...through, process.execPath, ...preloads, process.env.LIKENESS_MAIN ?? main];
    const env = { ...INHERITED, PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'error', RATE_LIMITS: 'off', DATABASE_CONNECT_TIMEOUT_MS: '30000', MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), ...settings };
    return new SpawnedService(spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Returns when requests are served. */
  static async start(settings: Readonly<Record<string, string>>, circumstances?: Circumstances): Promise<SpawnedService> {
    const service = SpawnedService.spawn(settings, circumstances);
    for (const deadline = Date.now() + START_LIMIT_MS; !service.isReady && Date.now() < deadline && !service.isOver; ) await sleep(20);
    if (service.isReady) return service;
    await service.kill();
    throw new Error(`the service did not start: ${service.output}`);
  }

  private get isReady(): boolean {
    return /is ready[^]*\n\n/.test(this.output);
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get url(): string {
    return /API +(https?:\S+)\/v1/.exec(this.output)?.[1] ?? '';
  }

  /** Everything it has printed. */
  get words(): string {
    return this.output;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get openFiles(): number {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }

  /** Resident memory now, and at its highest, in MiB. */
  get memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const read = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024);
    return { now: read('VmRSS'), peak: read('VmHWM') };
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** A signed-in account of its own; the service is the whole one, and so is its guard. */
export async function registeredAt(url: string, name: string): Promise<{ readonly id: string; readonly token: string }> {
  const response = await fetch(`${url}/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.test`, username: name, password: 'seven quiet lighthouses' }),
  });
  const body = (await response.json()) as { user: { id: string }; tokens: { accessToken: string } };
  if (response.status !== 201) throw new Error(`register answered ${response.status}: ${JSON.stringify(body)}`);
  return { id: body.user.id, token: body.tokens.accessToken };
}
