import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { withDatabase } from '../kit/postgres.js';
import { testRedis } from '../kit/redis.js';
import { describeOnBothShapes } from '../kit/service.js';
import { ServiceProcess } from './service-process.js';

const HOUR_MS = 3_600_000;

/** Asks until it is refused, which must be at its end by the store's clock (the store runs on this machine). Answers how often it was accepted. */
async function watchedToItsEnd(service: ServiceProcess, token: string, endMs: number): Promise<number> {
  for (let accepted = 0; ; accepted += 1) {
    const before = Date.now();
    const { status, body } = await service.call('GET', '/v1/users/me', undefined, token);
    if (status !== 200) {
      expect([status, body.code]).toEqual([401, 'auth.token_expired']);
      expect(Date.now()).toBeGreaterThanOrEqual(endMs);
      return accepted;
    }
    expect(before).toBeLessThan(endMs);
    // Only the moments about the end are worth a processor.
    if (endMs - Date.now() > 300) await sleep(100);
  }
}

describeOnBothShapes('lifetimes with the clock of every process an hour wrong', (shape) => {
  it('are exact by the clock of the store, whichever process issues or checks', async () => {
    const [database, redis] = [await withDatabase(), shape === 'PostgreSQL and Redis' ? await testRedis() : null];
    const settings = { DATABASE_URL: database.url, ...(redis && { REDIS_URL: redis.url }) };
    const [fast, slow] = await Promise.all([ServiceProcess.start(settings, HOUR_MS), ServiceProcess.start(settings, -HOUR_MS)]);
    try {
      const account = { email: 'clock@example.test', username: 'clock', password: 'correct horse battery' };
      const registered = await fast.call('POST', '/v1/auth/register', account);
      expect(registered.status).toBe(201);
      const { accessToken, refreshToken } = registered.body.tokens;
      const userId = registered.body.user.id;
      // The store runs on this machine, so its clock is ours.
      expect(Math.abs(decodeJwt(accessToken).iat! * 1_000 - Date.now())).toBeLessThan(600_000);
      await Promise.all([[fast, slow], [slow, fast], [fast, fast], [slow, slow]].map(async ([issuer, checker]) => {
        const token = (await issuer!.call('POST', `/v1/users/${userId}/tokens`, { ttlSeconds: 6 }, accessToken)).body.accessToken;
        const { iat, exp } = decodeJwt(token) as { iat: number; exp: number };
        expect(exp - iat).toBe(6);
        expect(await watchedToItsEnd(checker!, token, exp * 1_000)).toBeGreaterThan(0);
      }));
      const refreshed = await slow.call('POST', '/v1/auth/refresh', { refreshToken });
      expect(refreshed.status).toBe(200);
      expect((await fast.call('GET', '/v1/users/me', undefined, refreshed.body.accessToken)).status).toBe(200);
      // Within the grace, by the store's clock again.
      expect((await fast.call('POST', '/v1/auth/refresh', { refreshToken })).body.refreshToken).toBe(refreshed.body.refreshToken);
    } finally {
      await Promise.all([fast.stop(), slow.stop()]);
      await Promise.all([database.drop(), redis?.close()]);
    }
  }, 240_000);
});
