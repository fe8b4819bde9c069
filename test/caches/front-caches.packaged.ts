import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { registerUser } from '../kit/api.js';
import { FRONT_CACHES, FrontCache } from './front-caches.js';
import { FreshnessWorld, readerAt, type Reader } from './freshness-world.js';

const MINUTE = 60;

describe.each(FRONT_CACHES.map((name) => ({ name })))('behind $name', ({ name }) => {
  let world: FreshnessWorld;
  let front: FrontCache;
  let through: Reader;

  beforeAll(async () => {
    world = await FreshnessWorld.start();
    front = await FrontCache.start(name, world.proxy.port);
    through = readerAt(name, front.url);
  });
  afterEach(() => void (world.proxy.rewriting = {}));
  afterAll(async () => {
    await front?.stop();
    await world?.stop();
  });

  const pathOfUpload = async (): Promise<string> => new URL((await world.upload()).immutableUrl).pathname;

  it('the URL that names the bytes is answered from the cache, so the service is asked once', async () => {
    const path = await pathOfUpload();
    const seen = [];
    for (let count = 0; count < 4; count += 1) {
      const answer = await fetch(front.url + path);
      seen.push([answer.status, answer.headers.get('x-cache')?.split(' ')[0], Buffer.from(await answer.arrayBuffer()).length > 100]);
    }
    expect(seen).toEqual([[200, 'MISS', true], ...Array.from({ length: 3 }, () => [200, 'HIT', true])]);
    expect(world.proxy.askedFor(path)).toBe(1);
  });

  it('everybody sees the new picture with the next request after an upload, a deletion and a renaming', async () => {
    expect(await world.sightingsOfTheOld([through])).toEqual([]);
  });

  it.each([20, 90])('so they do when what the cache holds is %i minutes old', async (minutes) => {
    world.proxy.rewriting = { ageSeconds: minutes * MINUTE };
    expect(await world.sightingsOfTheOld([through])).toEqual([]);
  });

  it('nobody sees an older one, or goes back to one, while uploads follow each other', async () => {
    const { reads, regressions } = await world.regressionsUnderWrites([through, { ...through, name: 'another' }, readerAt('past it', world.proxy.url)], 15);
    expect(regressions).toEqual([]);
    expect(reads).toBeGreaterThan(5); // there was something to judge; how much depends on the machine
  });

  it('an answer that was fetched before the change is not given to a request that came after it', async () => {
    await world.upload();
    let open = (): void => undefined;
    world.proxy.gate = new Promise<void>((resolve) => (open = resolve));
    const asked = world.proxy.askedFor(world.stablePath);
    const early = through.read(world.stablePath);
    while (world.proxy.askedFor(world.stablePath) === asked) await sleep(10);
    await sleep(100); // the service has answered the proxy, which holds it back
    const { version } = await world.upload();
    const late = through.read(world.stablePath);
    await sleep(100);
    world.proxy.gate = null;
    open();
    expect((await early).etag).not.toContain(version);
    expect((await late).etag).toContain(version);
  });

  it('a user is told of the change by the next look at the account, and nobody gets the account of another', async () => {
    const other = await registerUser(world.service.api);
    for (const user of [world.user, other, world.user, other]) {
      const answer = await fetch(`${front.url}/v1/users/me`, { headers: { authorization: `Bearer ${user.token}` } });
      expect(((await answer.json()) as { id: string }).id).toBe(user.id);
    }
    expect((await fetch(`${front.url}/v1/users/me`)).status).toBe(401);
    const { version } = await world.upload();
    const me = await fetch(`${front.url}/v1/users/me`, { headers: { authorization: `Bearer ${world.user.token}` } });
    expect(((await me.json()) as { avatar: { version: string } }).avatar.version).toBe(version);
  });

  it('that there is no such picture is asked each time', async () => {
    const missing = (await pathOfUpload()).replace(/[0-9a-f]{8}\/256/, '00000000/256');
    for (let count = 0; count < 2; count += 1) expect((await through.read(missing)).status).toBe(404);
    expect(world.proxy.askedFor(missing)).toBe(2);
  });

  // The tests above can fail: with what others send, the same looks find the old picture.
  it.each([
    ['max-age=300', 0],
    ['max-age=86400', 90],
  ])('with "%s" on the stable URL, aged by %i minutes, the old one would be seen', async (stableCacheControl, minutes) => {
    world.proxy.rewriting = { stableCacheControl, ageSeconds: minutes * MINUTE };
    expect((await world.sightingsOfTheOld([through])).length).toBeGreaterThan(5);
  });
});
