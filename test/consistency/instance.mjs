// One instance of the built service, in a process of its own: started again whenever it ends, and reached by its preload for faults inside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { mortal } from './processes.mjs';

const PRELOAD = fileURLToPath(new URL('./faults.preload.mjs', import.meta.url));
const KEPT_OUTPUT = 20_000;

export class Instance {
  /** `onFired(index, fault)`: told what a fault inside did, when it happened; `onDied(index, words)`: when the process ended by itself. */
  constructor(index, port, distFolder, settings, { onFired, onDied }) {
    Object.assign(this, { index, port, distFolder, settings, onFired, onDied });
    this.origin = `http://127.0.0.1:${port}`;
    this.pool = new Pool(this.origin, { connections: 24, pipelining: 1, headersTimeout: 9_000, bodyTimeout: 9_000, connect: { timeout: 2_000 } });
    this.isWanted = true;
    this.isUp = false;
    this.starts = 0;
    this.output = '';
    this.state = {};
  }

  /** Keeps it running until `stop`. */
  supervise(restartDelayMs = () => 0) {
    this.supervision = (async () => {
      while (this.isWanted) {
        const ended = this.spawn();
        await Promise.race([ended, this.becomesReady()]);
        const [code] = await ended;
        // SIGKILL leaves no code. A start may fail while its stores are away; a service that served must not end by itself.
        if (code !== null && this.hasServed && this.isWanted) this.onDied(this.index, `ended with ${code}:\n${this.output.slice(-2_000)}`);
        this.hasServed = false;
        this.isUp = false;
        if (this.isWanted) await sleep(Math.max(100, restartDelayMs()));
      }
    })();
  }

  spawn() {
    const [program, ...args] = mortal([process.execPath, '--import', PRELOAD, join(this.distFolder, 'main.js')]);
    this.starts += 1;
    const child = spawn(program, args, { env: { ...this.settings, PORT: String(this.port), CONSISTENCY_DIST: this.distFolder }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => this.hear(String(chunk)));
    this.child = child;
    return once(child, 'exit');
  }

  hear(text) {
    this.output = (this.output + text).slice(-KEPT_OUTPUT);
    for (const [, json] of text.matchAll(/^consistency-fault (\{.*\})$/gm)) {
      const fired = JSON.parse(json);
      if (fired.action === 'stop') setTimeout(() => this.signal('SIGCONT'), fired.ms);
      this.onFired(this.index, fired);
    }
  }

  async becomesReady() {
    const { child } = this;
    while (child === this.child && child.exitCode === null && child.signalCode === null) {
      try {
        const { statusCode, body } = await this.pool.request({ path: '/health/live', method: 'GET' });
        await body.dump();
        if (statusCode === 200) {
          this.isUp = true;
          this.hasServed = true;
          this.send(this.state);
          return;
        }
      } catch {
        // not yet
      }
      await sleep(30);
    }
  }

  async ready(limitMs = 180_000) {
    for (const deadline = performance.now() + limitMs; !this.isUp; await sleep(30)) {
      if (performance.now() > deadline) throw new Error(`instance ${this.index} does not start:\n${this.output.slice(-3_000)}`);
    }
  }

  /** Faults inside: merged into what the preload knows; states last over a restart of the process, orders (`order`) do not. */
  tell(message) {
    if (message.set) Object.assign(this.state, { set: { ...this.state.set, ...message.set } });
    this.send(message);
  }

  send(message) {
    if (this.child?.connected) this.child.send(message, () => undefined);
  }

  signal(name) {
    this.child?.kill(name);
  }

  heal() {
    this.state = {};
    this.send({ heal: true });
    this.signal('SIGCONT');
  }

  async stop() {
    this.isWanted = false;
    this.signal('SIGCONT');
    this.signal('SIGKILL');
    await this.supervision;
    await this.pool.destroy();
  }
}
