import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { testRedis, type TestRedis } from '../kit/redis.js';

const SCRIPT = readFileSync(new URL('../../src/modules/auth/tokens/scripts/standing.lua', import.meta.url), 'utf8');

describe('standing.lua', () => {
  let own: TestRedis;
  let client: Redis;
  beforeAll(async () => {
    own = await testRedis();
    client = new Redis(own.url);
  });
  afterAll(async () => {
    client.disconnect();
    await own.close();
  });

  it.each<[what: string, fields: readonly [state: string, issuedUnder: string] | null, epoch: string | null, standing: string | null]>([
    ['a live session of the current epoch stands', ['L', '1'], '1:7', 'L'],
    ['one of an epoch before is ended', ['L', '1'], '2:7', 'X'],
    ['epochs are compared as numbers', ['L', '9'], '10:7', 'X'],
    ['epochs are compared as numbers, the other way too', ['L', '10'], '9:7', 'L'],
    // The epoch can only be behind what a session was stamped with where it is gone, or was restored: that ends nobody.
    ['one that is ahead of the epoch stands', ['L', '2'], '1:7', 'L'],
    ['one whose epoch is gone stands', ['L', '1'], null, 'L'],
    ['what was ended otherwise keeps its reason', ['E', '1'], '2:7', 'E'],
    ['one that is not there has none', null, '2:7', null],
  ])('%s', async (_what, fields, epoch, standing) => {
    await own.flush();
    if (epoch !== null) await client.set('ep:{u}', epoch);
    if (fields !== null) await client.hset('ss:{u}:s', 'st', fields[0], 'e', fields[1]);
    const asked = `${SCRIPT}\nlocal s = redis.call('HMGET', KEYS[1], 'st', 'e')\nreturn standing(s[1], s[2], (read_epoch(KEYS[2])))`;
    expect(await client.eval(asked, 2, 'ss:{u}:s', 'ep:{u}')).toBe(standing);
  });
});
