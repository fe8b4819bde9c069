// Loaded before the service by avatar-crash.spec.ts. After SIGUSR2 every step of the file system and of the database counts; the process kills
// itself before step KILL_AT_STEP, and writes half of a file where the step is the writing of one. What is between two steps needs no step of its own.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

const killAt = Number(process.env.KILL_AT_STEP);
let steps = 0;
let isArmed = false;

process.on('SIGUSR2', () => {
  isArmed = true;
  process.stderr.write('armed\n');
});

function die(name) {
  fs.writeSync(2, `killed at step ${steps}: ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
  for (;;); // nothing more may happen, not even until the signal arrives
}

/** Counts something asynchronous; a commit twice, because its end is the last thing before the answer. */
async function stepped(name, work, dyingWork) {
  if (!isArmed) return work();
  steps += 1;
  if (steps === killAt) {
    await dyingWork?.();
    die(`before ${name}`);
  }
  const result = await work();
  if (name === 'COMMIT') {
    steps += 1;
    if (steps === killAt) die(`after ${name}`);
  }
  return result;
}

for (const name of ['open', 'rename', 'link', 'unlink', 'mkdir', 'rm']) {
  const original = fsPromises[name];
  fsPromises[name] = (...args) => stepped(`${name} ${args[0]}`, () => original.apply(fsPromises, args));
}
const probe = await fsPromises.open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();
const { sync, writeFile } = handle;
handle.sync = function () {
  return stepped('sync', () => sync.call(this));
};
handle.writeFile = function (bytes) {
  return stepped('writeFile', () => writeFile.call(this, bytes), () => writeFile.call(this, bytes.subarray(0, bytes.length / 2)));
};
syncBuiltinESMExports();

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (config, values, callback) {
  const text = typeof config === 'string' ? config : config?.text;
  if (!isArmed || typeof text !== 'string') return query.call(this, config, values, callback);
  const done = typeof values === 'function' ? values : callback;
  const parameters = typeof values === 'function' ? undefined : values;
  const running = stepped(text.replaceAll(/\s+/g, ' ').slice(0, 60), () => query.call(this, config, parameters));
  if (!done) return running;
  running.then((result) => done(null, result), (error) => done(error));
  return undefined;
};
