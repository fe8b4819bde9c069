import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { FencedEntry, RedisConnection } from '../../src/kernel/cache/index.js';
import { CASES, fencedVersion, placesLease, search, takesFill, type ModelEntry } from '../../model/cache-fence.mjs';
import { testRedis } from '../kit/redis.js';
import { Random } from './random.mjs';

describe('the model of the cache protocol', () => {
  it.each(Object.entries(CASES))('%s', (_name, rules) => {
    expect(search(rules).trace === undefined).toBe(rules.holds);
  });
});

/** A reader of the model, with the marker that it met in the real store. */
interface Reader {
  readonly marker: string;
  readonly version: number;
  holdsMarker: boolean;
}

describe('the scripts of the store', () => {
  let redis: RedisConnection;
  let store: Awaited<ReturnType<typeof testRedis>>;
  let entry: FencedEntry;

  beforeAll(async () => {
    store = await testRedis();
    redis = RedisConnection.create({ kind: 'standalone', url: store.url });
    await redis.connect();
    entry = new FencedEntry(redis);
    entry.bind({ schema: 1, generation: 'model' });
  });
  afterAll(async () => {
    redis.close();
    await store.close();
  });

  it('take the steps that the model takes, whatever came before', async () => {
    const random = new Random('the steps of the model');
    for (let walk = 0; walk < 60; walk += 1) {
      const userId = randomUUID();
      let model: ModelEntry = null;
      let readers: Reader[] = [];
      const replace = (next: ModelEntry): void => {
        model = next;
        for (const reader of readers) reader.holdsMarker = false;
      };
      for (let step = 0; step < 25; step += 1) {
        const version = random.between(1, 4);
        const what = random.weighted({ read: 5, fill: 4, fence: 3, expire: 1 });
        if (what === 'fence') {
          const fenced: number = fencedVersion(model, version);
          await entry.fence(userId, version);
          replace({ kind: 'tombstone', version: fenced });
        } else if (what === 'expire') {
          await redis.client.del(entry.key(userId));
          replace(null);
        } else if (what === 'read') {
          const look = await entry.read(userId);
          if (placesLease(model)) replace({ kind: 'lease' });
          const current = model as ModelEntry;
          expect(look).toMatchObject(current?.kind === 'value' ? { hit: true, value: `value ${current.version}` } : { hit: false, marker: expect.any(String) });
          if (!look.hit) readers.push({ marker: look.marker, version, holdsMarker: true });
        } else if (readers.length > 0) {
          const reader = random.pick(readers);
          readers = readers.filter((each) => each !== reader);
          const isTaken: boolean = takesFill(model, reader.holdsMarker, reader.version);
          expect(await entry.fill(userId, reader.marker, reader.version, `value ${reader.version}`)).toBe(isTaken);
          if (isTaken) replace({ kind: 'value', version: reader.version });
        }
      }
    }
  });
});
