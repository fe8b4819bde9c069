import { describe, expect, it } from '@jest/globals';
import type { RedisFacts } from '../cache/index.js';
import { redisReadiness } from './dependencies.readiness.js';

const master = (changes: Partial<RedisFacts> = {}): RedisFacts => ({ version: '7.0.15', isSupported: true, evictionPolicy: 'noeviction', appendOnly: true, ...changes });
const ask = (...masters: RedisFacts[]) => redisReadiness({ inspect: () => Promise.resolve(masters) });

describe('readiness of Redis', () => {
  it('is up when every master keeps what it is given', async () => {
    expect(await ask(master(), master())).toEqual({ status: 'up' });
  });

  it('is a warning when a restart of one master would end sessions', async () => {
    expect(await ask(master(), master({ appendOnly: false }))).toMatchObject({ status: 'warning' });
  });

  it.each([{ evictionPolicy: 'allkeys-lru' }, { evictionPolicy: 'volatile-ttl' }, { isSupported: false }])('is down when one master says %j', async (changes) => {
    await expect(ask(master(), master(changes))).rejects.toThrow();
  });
});
