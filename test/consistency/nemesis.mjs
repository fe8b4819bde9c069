// Whoever breaks things. What it breaks next, where, and for how long hangs on the seed alone.
import { setTimeout as sleep } from 'node:timers/promises';

const ORDER_PATIENCE_MS = 4_000;
const KEPT_EVENTS = 300;
const HOUR_MS = 3_600_000;
const POINTS = ['before the fence', 'fenced, not committed', 'in-commit', 'committed, not fenced again', 'fenced again, not answered'];

/** One at a time: two of these at once would leave nothing to observe. */
const HARD = {
  'instance killed': 5,
  'instance killed at a step of a write': 8,
  'instance killed at a named point of a write': 8,
  'instance stopped': 6,
  'Redis killed, back empty': 5,
  'Redis killed, back with an older file': 6,
  'Redis lost under a frozen writer': 4,
  'Redis paused': 5,
  'PostgreSQL killed': 4,
  'PostgreSQL paused': 4,
};

/** Of a single server, of masters with replicas, and of a cluster alone. */
const OF_ONE_REDIS = ['Redis killed, back empty', 'Redis killed, back with an older file', 'Redis lost under a frozen writer'];
const OF_A_PAIR = { 'Redis failed over': 8, 'Redis failed over with loss': 8 };

const OF_A_CLUSTER = { 'Redis slot moved': 10 };

/** Beside them, and beside each other. */
const SOFT = {
  'reader frozen between its read and its fill': 12,
  'reader stopped with its instance before its fill': 4,
  'writer frozen between its fence and its commit': 8,
  'writer frozen in its commit': 8,
  'writer frozen between its commit and its second fence': 8,
  'writer stopped with its instance': 5,
  'writer frozen at a step': 6,
  'bus dropping': 3,
  'bus doubling': 3,
  'bus delaying and reordering': 3,
  'clock an hour off': 4,
  'storage slow': 4,
  'storage failing': 4,
  'entries short-lived': 5,
};

export const ALL_FAULTS = Object.keys({ ...HARD, ...OF_A_PAIR, ...OF_A_CLUSTER, ...SOFT });

const tagOf = (userId) => Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url');

export class Nemesis {
  /** `only`: names of faults, or null for all; `lives`: what short-lived entries are like. */
  constructor({ instances, accounts, redis, postgres, random, only = null, hardPauseMs = 1_200, softPauseMs = 500, softLoops = 2, lives = null, now }) {
    Object.assign(this, { instances, accounts, redis, postgres, random, hardPauseMs, softPauseMs, softLoops, lives, now });
    const chosen = (weights) => Object.fromEntries(Object.entries(weights).filter(([name]) => only === null || only.includes(name)));
    const hard = typeof redis.failOver === 'function' ? { ...Object.fromEntries(Object.entries(HARD).filter(([name]) => !OF_ONE_REDIS.includes(name))), ...OF_A_PAIR, ...(typeof redis.moveSlot === 'function' && OF_A_CLUSTER) } : HARD;
    this.hard = chosen(hard);
    this.soft = chosen(SOFT);
    this.counts = {};
    this.events = [];
    this.waiting = new Map();
    this.orders = 0;
    this.isOver = false;
    this.isPaused = false;
    this.busy = 0;
  }

  start() {
    const loops = [];
    if (Object.keys(this.hard).length > 0) loops.push(this.loop(this.random.fork('hard'), this.hard, this.hardPauseMs));
    if (Object.keys(this.soft).length > 0) for (let index = 0; index < this.softLoops; index += 1) loops.push(this.loop(this.random.fork(`soft ${index}`), this.soft, this.softPauseMs));
    this.ended = Promise.all(loops);
  }

  async loop(random, weights, pauseMs) {
    while (!this.isOver) {
      await sleep(random.next() * 2 * pauseMs);
      if (this.isPaused || this.isOver) continue;
      this.busy += 1;
      try {
        await this.inflict(random.weighted(weights), random.fork(String(random.next())));
      } finally {
        this.busy -= 1;
      }
    }
  }

  async pause() {
    this.isPaused = true;
    while (this.busy > 0) await sleep(20);
    for (const instance of this.instances) instance.heal();
  }

  resume() {
    this.isPaused = false;
  }

  async stop() {
    this.isOver = true;
    await this.ended;
    for (const instance of this.instances) instance.heal();
  }

  /** Told by an instance that a fault inside it happened. */
  fired(index, fact) {
    this.waiting.get(fact.id)?.(fact);
  }

  record(kind, start, detail) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.events.push({ kind, start, end: this.now(), detail });
    if (this.events.length > KEPT_EVENTS) this.events.shift();
  }

  async inflict(kind, random) {
    const instance = random.pick(this.instances);
    const start = this.now();
    const detail = await this.actions[kind](instance, random);
    if (detail !== false) this.record(kind, start, `${detail ?? ''}`);
  }

  /** Something for an instance to do when it gets there; false when it did not in time. */
  async order(instance, order, whenFired = () => undefined) {
    const id = (this.orders += 1);
    const happened = new Promise((resolve) => this.waiting.set(id, resolve));
    instance.tell({ order: { ...order, id } });
    const fact = await Promise.race([happened, sleep(ORDER_PATIENCE_MS, null, { ref: false })]);
    this.waiting.delete(id);
    if (fact === null) {
      instance.tell({ cancel: id });
      return false;
    }
    whenFired();
    if (fact.action === 'kill') await this.comesBack(instance);
    else await sleep(fact.ms);
    return `instance ${instance.index}, ${fact.at}: ${fact.action}${fact.ms ? ` ${fact.ms} ms` : ''}`;
  }

  async comesBack(instance) {
    instance.isUp = false;
    await instance.ready();
  }

  /** A state of an instance for a while. */
  async during(instance, set, unset, ms) {
    instance.tell({ set });
    await sleep(ms);
    instance.tell({ set: unset });
    return `instance ${instance.index}: ${JSON.stringify(set)} for ${ms} ms`;
  }

  get actions() {
    const frozenMs = (random) => random.between(50, random.chance(0.3) ? 2_500 : 600);
    const delayed = (at) => (instance, random) => this.order(instance, { at, action: 'delay', ms: frozenMs(random), count: random.between(1, 3) });
    const restarted = (withOlderFile) => async () => {
      if (withOlderFile && !this.redis.hasOlderFile) await this.redis.keepFile();
      await this.redis.restart({ withOlderFile });
      await sleep(300);
      await this.redis.keepFile(); // older already when it is next brought back
    };
    return {
      'instance killed': async (instance) => {
        instance.signal('SIGKILL');
        await this.comesBack(instance);
        return `instance ${instance.index}`;
      },
      'instance killed at a step of a write': (instance, random) =>
        this.order(instance, { at: 'step', step: random.between(1, 36), when: random.pick(['before', 'after']), action: 'kill' }),
      'instance killed at a named point of a write': (instance, random) => this.order(instance, { at: random.pick(POINTS), action: 'kill' }),
      'instance stopped': async (instance, random) => {
        const ms = random.between(100, 2_500);
        instance.signal('SIGSTOP');
        await sleep(ms);
        instance.signal('SIGCONT');
        return `instance ${instance.index} for ${ms} ms`;
      },
      'Redis killed, back empty': restarted(false),
      'Redis killed, back with an older file': restarted(true),
      'Redis failed over': (_, random) => this.redis.failOver({ withLoss: false, random }),
      'Redis failed over with loss': (_, random) => this.redis.failOver({ withLoss: true, random }),
      'Redis slot moved': (_, random) => this.redis.moveSlot(`us:{${tagOf(random.pick(this.accounts).id)}}`, random),
      // The worst moment: the fence is gone before the commit, readers fill again, and the second fence takes its time.
      'Redis lost under a frozen writer': async (instance, random) => {
        let restarted;
        const then = { at: 'committed, not fenced again', action: 'delay', ms: random.between(50, 500), count: 1 };
        const detail = await this.order(instance, { at: 'fenced, not committed', action: 'delay', ms: 2_000, then }, () => (restarted = this.redis.restart({ withOlderFile: false })));
        await restarted;
        if (detail) await sleep(then.ms);
        return detail;
      },
      'Redis paused': async (_, random) => {
        const ms = random.between(100, typeof this.redis.failOver === 'function' ? 300 : 1_500); // a longer one is a reason to fail over
        this.redis.signal('SIGSTOP');
        await sleep(ms);
        this.redis.signal('SIGCONT');
        return `${ms} ms`;
      },
      'PostgreSQL killed': async (_, random) => {
        if (!this.postgres.mayBeKilled) return false;
        const signal = random.pick(['SIGQUIT', 'SIGKILL']);
        this.postgres.kill(signal);
        await sleep(100);
        await this.postgres.isBack();
        return signal;
      },
      'PostgreSQL paused': async (_, random) => {
        const ms = random.between(100, 2_000);
        await this.postgres.pause(ms);
        return `${ms} ms`;
      },
      'reader frozen between its read and its fill': delayed('read, not filled'),
      'reader stopped with its instance before its fill': (instance, random) => this.order(instance, { at: 'read, not filled', action: 'stop', ms: frozenMs(random) }),
      'writer frozen between its fence and its commit': delayed('fenced, not committed'),
      'writer frozen in its commit': delayed('in-commit'),
      'writer frozen between its commit and its second fence': delayed('committed, not fenced again'),
      'writer stopped with its instance': (instance, random) => this.order(instance, { at: random.pick(POINTS), action: 'stop', ms: frozenMs(random) }),
      'writer frozen at a step': (instance, random) =>
        this.order(instance, { at: 'step', step: random.between(1, 36), when: random.pick(['before', 'after']), action: 'delay', ms: frozenMs(random) }),
      'bus dropping': (instance, random) => this.during(instance, { bus: { drop: 0.7 } }, { bus: null }, random.between(500, 3_000)),
      'bus doubling': (instance, random) => this.during(instance, { bus: { double: true } }, { bus: null }, random.between(500, 3_000)),
      'bus delaying and reordering': (instance, random) => this.during(instance, { bus: { delayMs: 1_000 } }, { bus: null }, random.between(500, 3_000)),
      'clock an hour off': (instance, random) => this.during(instance, { clockShiftMs: random.pick([HOUR_MS, -HOUR_MS]) }, { clockShiftMs: 0 }, random.between(1_000, 6_000)),
      'storage slow': (instance, random) => this.during(instance, { storage: { delayMs: 400 } }, { storage: null }, random.between(500, 2_500)),
      'storage failing': (instance, random) => this.during(instance, { storage: { fails: random.pick([0.2, 0.6, 1]) } }, { storage: null }, random.between(300, 1_500)),
      'entries short-lived': (instance, random) =>
        this.during(instance, { lives: this.lives ?? { leaseMs: random.between(2, 80), valueMs: random.between(10, 200), tombstoneMs: random.between(5, 500) } }, { lives: null }, random.between(1_000, 5_000)),
    };
  }
}
