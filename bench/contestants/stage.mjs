// What every benchmark stands on: private stores, a scratch folder, and processes that end with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisBinaries } from '../../scripts/redis-binaries.mjs';
import { startRedis } from '../../scripts/redis-server.mjs';
import { pinned, SERVERS } from '../load/cores.mjs';

/** PostgreSQL (not flushing to the disk), Redis, a scratch folder, and `start`; `stop` ends all of it. */
export class Stage {
  running = [];
  scratch = mkdtempSync(join(tmpdir(), 'likeness-bench-'));

  static async open() {
    const stage = new Stage();
    try {
      chmodSync(stage.scratch, 0o711);
      const { EmbeddedPostgres } = await import('../../dist/embedded/index.js');
      stage.postgres = stage.keep(await EmbeddedPostgres.start({ folder: stage.folder('postgres'), isDurable: false, maxConnections: 200 }));
      stage.redis = stage.keep(await startRedis(redisBinaries(), { 'enable-debug-command': 'local' }));
      return stage;
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  folder(name) {
    return join(this.scratch, name);
  }

  /** Stopped with the stage, the last first. */
  keep(server) {
    this.running.push(server);
    return server;
  }

  /** Another Redis database, which nobody else here uses. */
  redisUrl(database) {
    return `${this.redis.url}/${database}`;
  }

  /** A program on the servers' core; resolves once it has printed `ready`: `{pid, child, output, stop}`. */
  async start(command, { ready, env = {}, stdio = ['ignore', 'pipe', 'inherit'] }) {
    const [program, ...args] = pinned(SERVERS, command);
    const child = spawn(program, args, { stdio, env: { ...process.env, ...env } });
    const stop = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    const server = this.keep({ pid: child.pid, child, stop, output: '' });
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      server.output += chunk;
      if (!ready.test(server.output)) continue;
      child.stdout.resume();
      return server;
    }
    throw new Error(`${command.slice(0, 3).join(' ')} ended before it was ready:\n${server.output}`);
  }

  async stop() {
    for (const server of this.running.reverse()) await server.stop();
    rmSync(this.scratch, { recursive: true, force: true });
  }
}
