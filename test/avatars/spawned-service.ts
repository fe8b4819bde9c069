import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = process.env['LIKENESS_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_LIMIT_MS = 60_000;

/** `node dist/main.js` as operators run it, in a process of its own. */
export class SpawnedService {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly ended: Promise<unknown>,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream!.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
  }

  /** `preload`: a module that is loaded before the service; `through`: a command that becomes the one behind it. */
  static async start(settings: Record<string, string>, preload?: string, through: readonly string[] = []): Promise<SpawnedService> {
    const [program, ...rest] = [...through, process.execPath, ...(preload ? ['--import', preload] : []), MAIN];
    const child = spawn(program, rest, {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TMPDIR: process.env.TMPDIR,
        PORT: '0',
        METRICS_PORT: '0',
        LOG_LEVEL: 'error',
        RATE_LIMITS: 'off',
        MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const service = new SpawnedService(child, once(child, 'close'));
    for (const deadline = Date.now() + START_LIMIT_MS; !service.url && Date.now() < deadline && child.exitCode === null; ) await sleep(20);
    if (!service.url) throw new Error(`the service did not start: ${service.output}`);
    return service;
  }

  get url(): string {
    return /https?:\/\/[\w.]+:\d+/.exec(this.output)?.[0] ?? '';
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
