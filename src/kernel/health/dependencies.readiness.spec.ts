import { describe, expect, it } from '@jest/globals';
import type { RedisFacts } from '../cache/index.js';
import { redisReadiness } from './dependencies.readiness.js';

const master = (changes: Partial<RedisFacts> = {}): RedisFacts => ({ version: '7.0.15', isSupported: true, evictionPolicy: 'noeviction', appendOnly: true, usedBytes: 1_000, maxBytes: 0, writeRefusal: null, ...changes });
const ask = (...masters: RedisFacts[]) => redisReadiness({ inspect: () => Promise.resolve(masters) });

describe('readiness of Redis', () => {
  it('is up when every master keeps what it is given', async () => {
    expect(await ask(master(), master())).toEqual({ status: 'up' });
  });

  it('is a warning when a restart of one master would end sessions', async () => {
    expect(await ask(master(), master({ appendOnly: false }))).toMatchObject({ status: 'warning' });
  });

  it('is a warning when one master is nearly full, and says how full', async () => {
    const answer = await ask(master(), master({ usedBytes: 90 * 1_048_576, maxBytes: 100 * 1_048_576 }));
    expect(answer).toEqual({ status: 'warning', message: expect.stringContaining('90 % of maxmemory used (90.0 MiB of 100.0 MiB)') });
  });

  it.each(['OOM', 'READONLY', 'NOREPLICAS', 'MISCONF', 'CLUSTERDOWN', 'MASTERDOWN'])('is down when one master refuses writes (%s), in words', async (writeRefusal) => {
    await expect(ask(master(), master({ writeRefusal }))).rejects.toThrow(/^(is|has|cannot|belongs) /);
  });

  it.each([{ evictionPolicy: 'allkeys-lru' }, { evictionPolicy: 'volatile-ttl' }, { isSupported: false }])('is down when one master says %j', async (changes) => {
    await expect(ask(master(), master(changes))).rejects.toThrow();
  });
});
