// One run: three instances, their stores, writers and readers, whoever breaks things, and the checker over all of it.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checker } from './checker.mjs';
import { Instance } from './instance.mjs';
import { Load } from './load.mjs';
import { Nemesis } from './nemesis.mjs';
import { Random } from './random.mjs';
import { Recorder } from './recorder.mjs';
import { Account, ServiceClient } from './service-client.mjs';
import { freePort } from './processes.mjs';
import { PostgresServer } from './postgres-server.mjs';
import { RedisCluster } from './redis-cluster.mjs';
import { RedisServer, RedisWithSentinel } from './redis-server.mjs';

const REDIS = { standalone: RedisServer, sentinel: RedisWithSentinel, cluster: RedisCluster };

const CHECK_EVERY_MS = 400;
const QUIET_LIMIT_MS = 20_000;

export const DEFAULTS = {
  seconds: 60, users: 10, instances: 3, readersPerUser: 4, writersPerUser: 2, writePauseMs: 700, readPauseMs: 4, quietEverySeconds: 60,
  redis: 'standalone', only: null, lives: null, mortals: 2, cliPauseMs: null, enough: null, writes: undefined, reads: undefined, hardPauseMs: 1_200, softPauseMs: 500, softLoops: 2, stopsAtViolation: false,
}; // prettier-ignore

export class ConsistencyRun {
  /** `dist`: folder of the built service; `binaries`: of redis-server; `onProgress(totals)`: about each second. */
  constructor(options) {
    this.options = { ...DEFAULTS, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
    this.random = new Random(options.seed);
    this.checker = new Checker();
    this.recorder = new Recorder();
    this.known = new Map();
    this.isOver = false;
    this.quietChecks = 0;
  }

  async run() {
    this.startedAt = performance.now();
    this.folder = mkdtempSync(join(tmpdir(), 'likeness-consistency-'));
    chmodSync(this.folder, 0o711); // as root, PostgreSQL runs under another account, and must pass through
    try {
      await this.startStores();
      await this.startInstances();
      await this.makeAccounts();
      await this.underLoad();
      return this.result();
    } finally {
      this.isOver = true;
      await Promise.all((this.instances ?? []).map((instance) => instance.stop()));
      await this.redis?.kill();
      await this.postgres?.stop();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  async startStores() {
    [this.redis, this.postgres] = await Promise.all([
      REDIS[this.options.redis].start(join(this.folder, 'redis'), this.options.binaries),
      PostgresServer.start(join(this.folder, 'postgres'), this.options.dist),
    ]);
  }

  async startInstances() {
    this.bootstrapToken = randomBytes(12).toString('hex');
    const dataDir = join(this.folder, 'data');
    mkdirSync(dataDir);
    const settings = (this.settings = {
      PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: this.folder,
      NODE_ENV: 'production', HOST: '127.0.0.1', PUBLIC_URL: 'https://likeness.test', DATA_DIR: dataDir, DATABASE_URL: this.postgres.url, ...this.redis.settings,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), BOOTSTRAP_TOKEN: this.bootstrapToken, RATE_LIMITS: 'off', METRICS_PORT: '0', LOG_LEVEL: 'warn',
      ACCESS_TOKEN_TTL_SECONDS: '86400', AVATAR_SWEEP_INTERVAL_SECONDS: '0',
    }); // prettier-ignore
    const told = {
      onFired: (index, fact) => this.nemesis?.fired(index, fact),
      onDied: (index, words) => {
        const at = this.recorder.now();
        this.checker.report('died', { user: '-', kind: 'process', instance: index, start: at, end: at }, this.checker.historyOf('-'), `instance ${index} ${words}`);
      },
    };
    this.instances = [];
    for (let index = 0; index < this.options.instances; index += 1) this.instances.push(new Instance(index, await freePort(), this.options.dist, settings, told));
    for (const instance of this.instances) instance.supervise();
    await Promise.all(this.instances.map((instance) => instance.ready()));
  }

  async makeAccounts() {
    await this.postgres.recordVersions();
    this.client = new ServiceClient(this.instances, this.recorder);
    this.admin = new Account(0, 'warden');
    this.accounts = Array.from({ length: this.options.users }, (_, index) => new Account(index + 1, `user${index + 1}`));
    await this.client.register(this.admin, this.bootstrapToken);
    for (const account of this.accounts) {
      await this.client.register(account);
      this.known.set(account.id, 0);
    }
    await this.check();
  }

  async underLoad() {
    const { options, random, instances, client, accounts, admin, redis, postgres } = this;
    const cli = options.cliPauseMs && { pauseMs: options.cliPauseMs, distFolder: options.dist, settings: { ...this.settings, LOG_LEVEL: 'error' } };
    const onBorn = ({ id }) => this.known.set(id, 0);
    this.load = new Load({ ...options, client, accounts, admin, instances, cli, onBorn, random: random.fork('load') });
    this.nemesis = new Nemesis({ ...options, instances, accounts, redis, postgres, random: random.fork('nemesis'), now: () => this.recorder.now() });
    const checking = this.checkAlways();
    this.load.start();
    this.nemesis.start();
    const end = performance.now() + options.seconds * 1_000;
    const isDone = () => performance.now() > end || this.postgres.isGone || this.isStopRequested || this.isEnough || (options.stopsAtViolation && this.checker.violationCount > 0);
    while (!isDone()) {
      const quietAt = Math.min(end, performance.now() + options.quietEverySeconds * 1_000);
      while (performance.now() < quietAt && !isDone()) {
        await sleep(250);
        this.options.onProgress?.(this.totals());
      }
      if (!(options.stopsAtViolation && this.checker.violationCount > 0)) await this.beQuiet();
    }
    await this.nemesis.stop();
    await this.load.stop();
    this.isOver = true;
    await checking;
    await this.check();
    if (this.postgres.isGone) throw new Error('PostgreSQL did not come back.');
  }

  async checkAlways() {
    while (!this.isOver) {
      await sleep(CHECK_EVERY_MS);
      await this.check();
    }
  }

  /** `enough`: how many reads; for a run that must not take long. */
  get isEnough() {
    const { reads, writesAcknowledged } = this.checker.counts;
    return this.options.enough !== null && reads >= this.options.enough && writesAcknowledged >= this.options.enough / 100 && Object.keys(this.nemesis.counts).length > 0;
  }

  /** Operations first, then what was committed: so everything that they can have seen is there. One at a time. */
  check() {
    this.checking = (this.checking ?? Promise.resolve()).then(async () => {
      const { operations, oldestStart } = this.recorder.drain();
      for (const { user, state } of await this.postgres.versionsAfter(this.known)) {
        this.checker.commit(user, state);
        if (state.isGone) this.known.delete(user);
        else this.known.set(user, state.version);
      }
      this.checker.take(operations, oldestStart);
    });
    return this.checking;
  }

  /** Nobody writes, nothing is broken: now everybody must see the last version, from every instance. */
  async beQuiet() {
    await this.nemesis.pause();
    await this.load.pause();
    await this.postgres.isBack();
    await Promise.all(this.instances.map((instance) => instance.ready()));
    await this.check();
    const reader = { held: new Map(), random: { chance: () => false } };
    for (const user of this.accounts) {
      for (const instance of this.instances) {
        await this.seesLatest(user, instance, () => this.client.readPicture({ ...reader, held: new Map() }, { user, instance }));
        await this.seesLatest(user, instance, () => this.client.readJson(reader, { user, kind: 'by admin', instance, path: `/v1/users/${user.id}`, by: this.admin }));
      }
    }
    this.quietChecks += 1;
    this.load.resume();
    this.nemesis.resume();
  }

  async seesLatest(user, instance, read) {
    for (const deadline = performance.now() + QUIET_LIMIT_MS; ; await sleep(100)) {
      const answer = await read();
      if (answer === undefined) return; // from the reader's own cache: the header was reported
      const { operation } = answer;
      if (operation.outcome === 'ok') return this.checker.checkQuiet(operation);
      if (performance.now() > deadline) {
        return this.checker.report('unavailable', operation, this.checker.historyOf(user.id), `all is quiet, and instance ${instance.index} still answers ${operation.code ?? 'nothing'}`);
      }
    }
  }

  totals() {
    const { counts, violationCount } = this.checker;
    const faults = this.nemesis?.counts ?? {};
    const seconds = Math.round((performance.now() - this.startedAt) / 1_000);
    const starts = this.instances.reduce((sum, instance) => sum + instance.starts, 0);
    return { ...counts, violationCount, faults, faultCount: Object.values(faults).reduce((sum, count) => sum + count, 0), seconds, starts, quietChecks: this.quietChecks };
  }

  result() {
    const events = this.nemesis.events;
    const outputs = this.instances.map(({ output }) => output.replaceAll(/^consistency-fault .*\n/gm, '').slice(-4_000));
    return { ...this.totals(), seed: this.options.seed, answers: this.recorder.answers, details: this.checker.violations, events, outputs };
  }
}
