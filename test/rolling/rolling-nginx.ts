import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endChild } from '../kit/ended-child.js';
import { required } from '../kit/required.js';

const DOCUMENTED = readFileSync(new URL('../../docker/nginx.conf', import.meta.url), 'utf8');
const LOOK_MS = 200;
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * nginx in front of several instances, and beside it what every load balancer has and the free nginx has not: something that asks each
 * instance whether it is ready, and takes it out of or into the rotation (a new configuration, and a reload that ends nothing under way).
 */
export class RollingNginx {
  private isWatching = true;
  private rotation: readonly number[] = [];
  private watching: Promise<void> | undefined;
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly instances: readonly number[],
    private readonly extra: string,
  ) {}

  /** `extra`: more of its `http` block. */
  static async start(port: number, instances: readonly number[], extra = ''): Promise<RollingNginx> {
    const nginx = new RollingNginx(await mkdtemp(join(tmpdir(), 'likeness-rolling-')), port, instances, extra);
    await nginx.look();
    nginx.child = nginx.run('-g', 'daemon off;');
    nginx.watching = nginx.watch();
    return nginx;
  }

  /** Once this instance is in the rotation, or out of it. */
  async has(instance: number, isIn: boolean): Promise<void> {
    while (this.rotation.includes(instance) !== isIn) await sleep(50);
  }

  async stop(): Promise<void> {
    this.isWatching = false;
    await this.watching;
    await endChild(this.child, 'SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private run(...args: string[]): ChildProcess {
    const env = { ...process.env, NODE_OPTIONS: '', LD_LIBRARY_PATH: process.env.TEST_ROLLING_LIB ?? '' };
    const program = join(required('TEST_ROLLING_ROOT'), 'usr/sbin/nginx');
    return spawn('setpriv', ['--pdeathsig=KILL', '--', program, '-c', join(this.folder, 'nginx.conf'), '-e', 'stderr', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  private async watch(): Promise<void> {
    for (; this.isWatching; await sleep(LOOK_MS)) if (await this.look()) await once(this.run('-s', 'reload'), 'exit');
  }

  /** Whether the rotation has changed. */
  private async look(): Promise<boolean> {
    const ready = await Promise.all(
      this.instances.map(async (port) => {
        const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
        const body = (await answer?.json().catch(() => ({}))) as { error?: object } | undefined;
        // Where the machine is slow a check may be late everywhere at once; who is leaving says so by name.
        return answer?.status === 200 || (answer !== null && !('instance' in (body?.error ?? {})) && this.rotation.includes(port));
      }),
    );
    const rotation = this.instances.filter((_port, index) => ready[index]);
    if (rotation.join() === this.rotation.join() || rotation.length === 0) return false;
    this.rotation = rotation;
    await writeFile(join(this.folder, 'nginx.conf'), this.configuration());
    return true;
  }

  private configuration(): string {
    return `
      pid ${this.folder}/pid; error_log ${this.folder}/log; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''}
      events { worker_connections 1024; }
      http {
        access_log off;
        ${TEMPORARY.map((name) => `${name}_temp_path ${this.folder}/${name};`).join(' ')}
        ${this.extra}
        ${this.documented()}
      }`;
  }

  /** The operators' own configuration, at our addresses. */
  private documented(): string {
    const servers = this.rotation.map((port) => `server 127.0.0.1:${port};`).join(' ');
    const [before, after] = DOCUMENTED.split(/(?:\n *server likeness-\d:3000;)+/);
    return `${before} ${servers} ${after!.replace('listen 80;', `listen 127.0.0.1:${this.port};`)}`;
  }
}
