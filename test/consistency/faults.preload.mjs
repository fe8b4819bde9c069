// Loaded before the service (`--import`): wraps compiled classes, so that the harness can make it die, stop or wait at any step, and its
// bus, storage and clock misbehave. The service knows nothing of it. Orders come over the channel to the parent; what happened goes to stderr.
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DIST = process.env.CONSISTENCY_DIST;
const load = (path) => import(pathToFileURL(join(DIST, path)).href);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const NOTHING = { clockShiftMs: 0, bus: null, storage: null, lives: null };
let faults = { ...NOTHING };
/** Waiting to happen: `{id, at, count, action, ms}`. */
let orders = [];

process.on('message', (message) => {
  if (message.heal) {
    faults = { ...NOTHING };
    orders = [];
  }
  if (message.set) Object.assign(faults, message.set);
  if (message.cancel) orders = orders.filter(({ id }) => id !== message.cancel);
  if (message.order) orders.push({ count: 1, ...message.order });
});
process.channel?.unref();

const say = (fact) => writeSync(2, `consistency-fault ${JSON.stringify(fact)}\n`);

async function happen({ action, ms, id }, at) {
  say({ id, action, at, ms });
  if (action === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    for (;;); // nothing more may happen, not even until the signal arrives
  }
  if (action === 'stop') process.kill(process.pid, 'SIGSTOP'); // the parent wakes us
  if (action === 'delay') await sleep(ms);
}

/** What runs within one write, whatever else runs meanwhile. */
const writing = new AsyncLocalStorage();

/** A named point of the code. An order may say what is to happen `then`, at a later point of the very same write. */
async function reach(at) {
  const write = writing.getStore();
  const order = write?.next?.at === at ? write.next : orders.find((each) => each.at === at);
  if (!order) return;
  order.count -= 1;
  if (order.count <= 0) orders = orders.filter((each) => each !== order);
  if (write) write.next = order.then;
  await happen(order, at);
}

// --- every step between two awaits of one write ---------------------------------------------------------------------------------------
/** The next write counts its own steps, and something happens before or after one of them. */
const asWrite = (work) => {
  if (writing.getStore()) return work();
  const order = orders.find((each) => each.at === 'step');
  orders = orders.filter((each) => each !== order);
  return writing.run({ order, steps: 0 }, work);
};

async function stepped(name, work) {
  const write = writing.getStore();
  if (!write?.order) return work();
  write.steps += 1;
  const isIt = write.steps === write.order.step;
  if (isIt && write.order.when === 'before') await happen(write.order, `before step ${write.steps}: ${name}`);
  const result = await work();
  if (isIt && write.order.when === 'after') await happen(write.order, `after step ${write.steps}: ${name}`);
  return result;
}

for (const name of ['open', 'rename', 'link', 'unlink', 'mkdir', 'rm', 'readFile', 'stat']) {
  const original = fsPromises[name];
  fsPromises[name] = (...args) => (writing.getStore()?.order ? stepped(`fs ${name}`, () => original.apply(fsPromises, args)) : original.apply(fsPromises, args));
}
syncBuiltinESMExports();

const { default: pg } = await import(pathToFileURL(createRequire(join(DIST, 'main.js')).resolve('pg')).href);
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (config, values, callback) {
  const text = typeof config === 'string' ? config : config?.text;
  const isCommit = text === 'COMMIT';
  if (typeof text !== 'string' || (!writing.getStore()?.order && !isCommit)) return query.call(this, config, values, callback);
  const done = typeof values === 'function' ? values : callback;
  const parameters = typeof values === 'function' ? undefined : values;
  const ask = async () => {
    if (!isCommit) return query.call(this, config, parameters);
    const answer = query.call(this, config, parameters);
    answer.catch(() => undefined);
    await reach('in-commit'); // it is on its way, and not answered
    return answer;
  };
  const running = stepped(`pg ${text.replaceAll(/\s+/g, ' ').slice(0, 40)}`, ask);
  if (!done) return running;
  running.then((result) => done(null, result), (error) => done(error));
  return undefined;
};

// --- the service's own classes --------------------------------------------------------------------------------------------------------
const patch = (type, name, wrap) => {
  const original = type.prototype[name];
  if (typeof original !== 'function') throw new Error(`${type.name}.${name} is not there any more: the faults must follow the code`);
  type.prototype[name] = wrap(original);
};

const [{ RedisConnection }, { FencedEntry }, { RedisEventBus }, { UsersRepository }, { UserWrites }, { AvatarsService }, { LocalAvatarStorage }, { SystemClock }] = await Promise.all(
  [
    'kernel/cache/redis-connection.js', 'kernel/cache/fenced-entry.js', 'kernel/events/redis-event-bus.js', 'modules/users/users.repository.js',
    'modules/users/user-writes.js', 'modules/avatars/avatars.service.js', 'modules/avatars/storage/local-avatar-storage.js', 'kernel/clock/clock.js',
  ].map(load),
); // prettier-ignore

for (const name of ['put', 'remove']) patch(AvatarsService, name, (original) => function (...args) { return asWrite(() => original.apply(this, args)); });
patch(UserWrites, 'change', (original) => function (...args) { return asWrite(() => original.apply(this, args)); });

/** Entries may end at any moment: here they end soon. The last argument of a fence and a fill is the entry's life. */
patch(RedisConnection, 'run', (original) => function (script, keys, args) {
  const lives = faults.lives;
  if (lives && script.name === 'fenced-entry-fill' && lives.valueMs) args = [...args.slice(0, -1), lives.valueMs];
  if (lives && script.name === 'fenced-entry-fence' && lives.tombstoneMs) args = [...args.slice(0, -1), lives.tombstoneMs];
  return stepped(`redis ${script.name}`, () => original.call(this, script, keys, args));
});
patch(RedisConnection, 'write', (original) => function (script, keys, args) {
  return stepped(`redis ${script.name}`, () => original.call(this, script, keys, args));
});
patch(RedisConnection, 'writePrepared', (original) => function (prepared, changing) {
  return stepped(`redis ${prepared.script.name}`, () => original.call(this, prepared, changing));
});
/** The last argument of what is prepared is the life of a lease. */
patch(RedisConnection, 'runPrepared', (original) => function (prepared, changing) {
  const leaseMs = faults.lives?.leaseMs;
  if (!leaseMs) return stepped(`redis ${prepared.script.name}`, () => original.call(this, prepared, changing));
  const { keys, args } = prepared.spelledOut(changing);
  return this.run(prepared.script, keys, [...args.slice(0, -1), leaseMs]);
});
// A reader that is frozen between its read of the database and its fill.
patch(FencedEntry, 'fill', (original) => async function (...args) {
  await reach('read, not filled');
  return original.apply(this, args);
});
patch(UsersRepository, 'byIdProbed', (original) => async function (...args) {
  await reach('about to read');
  return original.apply(this, args);
});

const POINTS = { beforeCommit: ['before the fence', 'fenced, not committed'], beforeAnswer: ['committed, not fenced again', 'fenced again, not answered'] };
patch(RedisEventBus, 'run', (original) => async function (event, phase, ...rest) {
  const [before, after] = POINTS[phase];
  await reach(before);
  await original.call(this, event, phase, ...rest);
  await reach(after);
});
patch(RedisEventBus, 'publish', (original) => async function (...args) {
  const { bus } = faults;
  if (!bus) return original.apply(this, args);
  if (bus.drop && Math.random() < bus.drop) return undefined;
  if (bus.delayMs) await sleep(Math.random() * bus.delayMs); // another delay for each: so also another order
  if (bus.double) await original.apply(this, args);
  return original.apply(this, args);
});

for (const name of ['write', 'writeOnce', 'read', 'writtenAt']) {
  patch(LocalAvatarStorage, name, (original) => async function (...args) {
    const { storage } = faults;
    if (storage?.delayMs) await sleep(Math.random() * storage.delayMs);
    if (!storage?.fails || Math.random() >= storage.fails) return original.apply(this, args);
    // The store's own way of failing, with the error that a broken disk gives.
    return this.guarded(() => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'read' })));
  });
}

// --- clocks ---------------------------------------------------------------------------------------------------------------------------
const RealDate = Date;
class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + faults.clockShiftMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + faults.clockShiftMs;
  }
}
globalThis.Date = ShiftedDate;
if (!(new SystemClock().now() instanceof Date)) throw new Error('the shifted clock is not used');
