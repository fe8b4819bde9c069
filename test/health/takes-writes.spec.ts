import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { examineRedis } from '../../src/cli/doctor/store.checks.js';
import { EventBus } from '../../src/kernel/events/index.js';
import type { AppConfig } from '../../src/kernel/config/index.js';
import { Api, registerUser, type ApiAnswer } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { PrivateRedis } from '../kit/private-redis.js';

const SECRET = 'correct horse battery staple';

type Fault = readonly [name: string, begin: (redis: Redis, otherPort: number) => Promise<unknown>, end: (redis: Redis) => Promise<unknown>, words: RegExp, word: string];
const FAULTS: readonly Fault[] = [
  ['is full', (redis) => redis.config('SET', 'maxmemory', '1mb'), (redis) => redis.config('SET', 'maxmemory', '0'), /^is full, and takes no writes: \d+ % of maxmemory used/, 'OOM'],
  ['is a replica of another', (redis, port) => redis.replicaof('127.0.0.1', port), (redis) => redis.replicaof('NO', 'ONE'), /read-only replica/, 'READONLY'],
  ['lacks the replicas that it must have', (redis) => redis.config('SET', 'min-replicas-to-write', '1'), (redis) => redis.config('SET', 'min-replicas-to-write', '0'), /min-replicas-to-write/, 'NOREPLICAS'],
];

describe('a store that takes no writes', () => {
  let redis: PrivateRedis;
  let master: PrivateRedis;
  let admin: Redis;
  let database: TestDatabase;
  let config: AppConfig;
  let api: Api;

  beforeAll(async () => {
    [redis, master, database] = await Promise.all([PrivateRedis.start('--appendonly', 'yes'), PrivateRedis.start(), withDatabase()]);
    admin = new Redis(redis.port, '127.0.0.1');
    config = testConfig({ DATABASE_URL: database.url, REDIS_URL: redis.url });
    api = await Api.start(config);
  });
  afterAll(async () => {
    await api?.close();
    admin?.disconnect();
    await Promise.all([redis?.remove(), master?.remove(), database?.drop()]);
  });

  const ready = async (): Promise<ApiAnswer> => api.get('/health/ready');
  const becomesReady = async (): Promise<void> => {
    while ((await ready()).status !== 200) await sleep(50);
  };
  const wordsOfDoctor = async (): Promise<string[]> =>
    (await examineRedis(config, { now: () => new Date() })).filter(({ status }) => status === 'failure').map(({ check, message }) => `${check}: ${message}`);

  const usedMemory = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await admin.info('memory'))![1]);

  it.each(FAULTS)('is not ready: a Redis that %s; readiness and doctor say why, and it is ready again by itself', async (_name, begin, end, words, word) => {
    await becomesReady();
    await begin(admin, master.port);
    try {
      let answer = await ready();
      // The connection is left at the first READONLY: until it is back, it only "does not answer".
      for (; answer.body.details.redis.message === 'does not answer'; answer = await ready()) await sleep(50);
      expect([answer.status, answer.body.details.redis]).toEqual([503, { status: 'down', message: expect.stringMatching(words) }]);
      expect((await registerUser(api).catch(() => null))).toBeNull();
      expect(await wordsOfDoctor()).toEqual([`redis writes: refused (${word})`]);
    } finally {
      await end(admin);
    }
    await becomesReady();
  });

  it('is told before it is full, with how full it is', async () => {
    await becomesReady();
    await admin.config('SET', 'maxmemory', String(Math.ceil((await usedMemory()) / 0.9)));
    const { status, body } = await ready();
    await admin.config('SET', 'maxmemory', '0');
    expect([status, body.status, body.info.redis.message]).toEqual([200, 'degraded', expect.stringMatching(/^\d\d % of maxmemory used .*nothing can be written$/)]);
  });

  it('is not ready: a PostgreSQL whose sessions are read-only', async () => {
    await becomesReady();
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    const name = new URL(database.url).pathname.slice(1);
    const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
      await owner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
      await owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    };
    await setReadOnly('on');
    let answer = await ready();
    for (; answer.body.details.database.message === 'does not answer'; answer = await ready()) await sleep(50);
    expect([answer.status, answer.body.details.database]).toEqual([503, { status: 'down', message: 'is read-only, and takes no writes' }]);
    await setReadOnly('off');
    await owner.end();
    await becomesReady();
  });

  it('never says "nothing was changed" of a registration whose account is there: Redis stalls after the commit', async () => {
    await becomesReady();
    let isStalling = true;
    api.app.get(EventBus).on('user.created', 'beforeAnswer', () => {
      if (isStalling) redis.signal('SIGSTOP');
      isStalling = false;
    });
    const answer = await api.post('/v1/auth/register', { email: 'stalled@example.test', username: 'stalled', password: SECRET });
    redis.signal('SIGCONT');
    expect([answer.status, answer.body.code]).toEqual([503, 'request.outcome_unknown']);
    await becomesReady();
    expect((await api.post('/v1/auth/login', { identifier: 'stalled', password: SECRET })).status).toBe(200);
  });
});
