import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { policyCache, undiciCache, type CacheType, type ClientCache } from './client-caches.js';
import { isLong } from '../proofs/scale.js';
import { FreshnessWorld } from './freshness-world.js';

const MINUTE = 60;
const ALL_MODELS = [undiciCache, policyCache].flatMap((make) => (['shared', 'private'] as CacheType[]).map((type) => ({ name: `${make.name}, ${type}`, make, type })));
/** A short run has each implementation and each kind of cache once. */
const MODELS = isLong ? ALL_MODELS : ALL_MODELS.filter(({ make, type }) => (make === undiciCache) === (type === 'shared'));

describe('clients that keep what they may', () => {
  let world: FreshnessWorld;
  let first: ClientCache;
  let second: ClientCache;

  beforeAll(async () => {
    world = await FreshnessWorld.start();
  });
  afterAll(() => world.stop());

  describe.each(MODELS)('$name', ({ make, type }) => {
    beforeEach(() => {
      [first, second] = [make(world.proxy.url, type), make(world.proxy.url, type)];
    });
    afterEach(async () => {
      world.proxy.rewriting = {};
      await Promise.all([first.close(), second.close()]);
    });

    it('ask once for a URL that names the bytes', async () => {
      const path = new URL((await world.upload()).immutableUrl).pathname;
      for (let count = 0; count < 3; count += 1) expect((await first.read(path)).bytes.length).toBeGreaterThan(100);
      expect(world.proxy.askedFor(path)).toBe(1);
    });

    it('both see the new picture with the next look after each change', async () => {
      expect(await world.sightingsOfTheOld([first, second])).toEqual([]);
    });

    it.each([20, 90])('also when what they hold is %i minutes old', async (minutes) => {
      world.proxy.rewriting = { ageSeconds: minutes * MINUTE };
      expect(await world.sightingsOfTheOld([first, second])).toEqual([]);
    });

    it('see none go back while uploads follow each other', async () => {
      const { regressions } = await world.regressionsUnderWrites([first, second], 4);
      expect(regressions).toEqual([]);
    });

    // The tests above can fail: with what others send, the same looks find the old picture.
    it.each([
      ['max-age=300', 0],
      ['max-age=86400', 90],
    ])('with "%s" on the stable URL, aged by %i minutes, would see the old one', async (stableCacheControl, minutes) => {
      world.proxy.rewriting = { stableCacheControl, ageSeconds: minutes * MINUTE };
      expect((await world.sightingsOfTheOld([first, second])).length).toBeGreaterThan(5);
    });
  });
});
