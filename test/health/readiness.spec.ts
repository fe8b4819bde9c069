import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rename, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../kit/eventually.js';
import { Api } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { falliblePostgres, fallibleRedis, fallibleS3, type FallibleStore } from './stores.js';

/** Tells hanging from answering, on whatever machine; the service's own limit is 800 ms for each check. */
const ANSWER_MS = 15_000;
/** Longer than that: an answer that is so late is none. */
const SLOWNESS_MS = 60_000;

const FAULTS: readonly (readonly [name: string, begin: (store: FallibleStore) => unknown, end: (store: FallibleStore) => unknown])[] = [
  ['killed', (store) => store.kill(), (store) => store.revive()],
  ['paused', (store) => store.signal('SIGSTOP'), (store) => store.signal('SIGCONT')],
  ['slow', (store) => store.link.slow(SLOWNESS_MS), (store) => store.link.mend()],
  ['refusing', (store) => store.link.refuse(), (store) => store.link.mend()],
];

interface Readiness {
  readonly status: number;
  readonly failing: readonly string[];
}

const readiness = async ({ url }: Api): Promise<Readiness> => {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
  const { error } = (await answer.json()) as { error: object };
  return { status: answer.status, failing: Object.keys(error).sort() };
};

/** Asks until the answer is this one, and never waits long for any. */
const becomes = async (api: Api, failing: readonly string[]): Promise<Readiness> => {
  let now: Readiness;
  await eventually(`readiness names ${failing.join() || 'nothing'}`, async () => {
    now = await readiness(api);
    return now.failing.join() === failing.join();
  });
  return now!;
};

describe('readiness', () => {
  let stores: Record<'PostgreSQL' | 'Redis' | 'S3', FallibleStore>;
  let api: Api;

  beforeAll(async () => {
    const [PostgreSQL, Redis, S3] = await Promise.all([falliblePostgres(), fallibleRedis(), fallibleS3()]);
    stores = { PostgreSQL, Redis, S3 };
    api = await Api.start(
      testConfig({
        DATABASE_URL: `postgres://likeness@127.0.0.1:${PostgreSQL.link.port}/likeness`,
        REDIS_URL: `redis://127.0.0.1:${Redis.link.port}/0`,
        STORAGE: 's3',
        S3_ENDPOINT: `http://127.0.0.1:${S3.link.port}`,
        S3_BUCKET: 'likeness',
        S3_ACCESS_KEY_ID: 'S3RVER',
        S3_SECRET_ACCESS_KEY: 'S3RVER',
        S3_FORCE_PATH_STYLE: 'on',
      }),
    );
    await becomes(api, []);
  });

  afterAll(async () => {
    await api?.close();
    await Promise.all(Object.values(stores ?? {}).map((store) => store.remove()));
  });

  it('says that the start is over', async () => {
    expect((await api.get('/health/started')).body).toEqual({ status: 'ok' });
  });

  describe.each([
    ['PostgreSQL', ['database', 'migrations']],
    ['Redis', ['redis']],
    ['S3', ['storage']],
  ] as const)('with %s', (store, failing) => {
    it.each(FAULTS)('%s says so by name, and is back by itself; liveness stays', async (_fault, begin, end) => {
      await begin(stores[store]);
      try {
        expect((await becomes(api, failing)).status).toBe(503);
        const [live, started] = await Promise.all([api.get('/health/live'), api.get('/health/started')]);
        expect([live.status, started.status]).toEqual([200, 200]);
      } finally {
        await end(stores[store]);
      }
      expect((await becomes(api, [])).status).toBe(200);
    });
  });
});

describe('readiness with pictures in a folder', () => {
  let database: TestDatabase;
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    database = await withDatabase();
    const config = testConfig({ DATABASE_URL: database.url });
    folder = join(config.dataDir, 'avatars');
    api = await Api.start(config);
  });

  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  it.each([
    ['is gone', () => rename(folder, `${folder}-away`)],
    ['is something else', () => rename(folder, `${folder}-away`).then(() => writeFile(folder, 'not a folder'))],
  ])('that %s says so by name, and is back by itself', async (_fault, begin) => {
    await becomes(api, []);
    await begin();
    expect((await becomes(api, ['storage'])).status).toBe(503);
    expect((await api.get('/health/live')).status).toBe(200);
    await rm(folder, { recursive: true, force: true });
    await rename(`${folder}-away`, folder);
    expect((await becomes(api, [])).status).toBe(200);
  });
});
