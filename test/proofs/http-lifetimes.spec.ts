import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnBothShapes, startBundledService, type BundledService } from '../kit/service.js';
import { Gate, inLanes, isLong, PROOF_TIMEOUT_MS, scaled, tell } from './scale.js';

const TOKENS = scaled(5_000);
const TOKENS_PER_USER = 10;
const MAX_TTL_SECONDS = isLong ? 30 : 6;
/** Users who have tokens at once. */
const USERS = isLong ? 80 : 8;

/** What is said when the store is in time: on a machine that is too busy for it, it says 503, and is asked again. */
async function answered<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
  }
}

describeOnBothShapes('promise 1 over HTTP', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', DATABASE_CONNECT_TIMEOUT_MS: '60000' }, 2);
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  it(`holds for ${TOKENS} tokens of random lifetimes, some of them ended`, async () => {
    const faults: string[] = [];
    const seen: Record<string, number> = {};
    const gate = new Gate(16);
    const any = (): BundledService['api'] => service.instances[randomInt(2)]!;

    /** The stores run on this machine, so their clock is ours. */
    const ask = async (token: string, endMs: number, isEnded: () => boolean): Promise<void> => {
      const wasEnded = isEnded();
      const before = Date.now();
      const { status, body } = await any().get('/v1/users/me', { token });
      if (status === 503) return void (seen.unavailable = (seen.unavailable ?? 0) + 1); // a store that is late says neither
      const after = Date.now();
      const answer = status === 200 ? 'live' : (body.code as string);
      seen[answer] = (seen[answer] ?? 0) + 1;
      if (answer === 'live' && (before >= endMs || wasEnded)) faults.push(`accepted ${before - endMs} ms after its end, ${wasEnded ? 'ended' : 'not ended'}`);
      if (answer === 'auth.token_expired' && after < endMs) faults.push(`expired ${endMs - after} ms before its end`);
      // Its end may be under way, and acknowledged only after this answer.
      if (answer === 'auth.session_ended') {
        for (let tries = 0; tries < 100 && !isEnded(); tries += 1) await sleep(50);
        if (!isEnded()) faults.push('ended, but left alone');
      } else if (answer !== 'live' && answer !== 'auth.token_expired') faults.push(`${status} ${answer}`);
    };

    const watchOne = async (user: RegisteredUser): Promise<void> => {
      const ttlSeconds = 1 + randomInt(MAX_TTL_SECONDS);
      const { body } = await gate.run(() => answered(() => any().post(`/v1/users/${user.id}/tokens`, { ttlSeconds }, { token: admin.token })));
      const { iat, exp } = decodeJwt(body.accessToken) as { iat: number; exp: number };
      if (exp - iat !== ttlSeconds || body.expiresIn !== ttlSeconds || Date.parse(body.accessTokenExpiresAt) !== exp * 1_000) faults.push('not the lifetime that was asked for');
      let isEnded = false;
      const endMs = exp * 1_000;
      const at = async (moment: number, what: () => Promise<void>): Promise<void> => {
        await sleep(Math.max(0, moment - Date.now()));
        await gate.run(what);
      };
      const asked = [iat * 1_000 + randomInt(ttlSeconds * 1_000), endMs - 1 - randomInt(200), endMs + randomInt(200)].map((moment) =>
        at(moment, () => ask(body.accessToken, endMs, () => isEnded)));
      const ending = randomInt(5) > 0 ? Promise.resolve() : at(iat * 1_000 + randomInt(ttlSeconds * 1_000), async () => {
        if ((await any().post('/v1/auth/logout', undefined, { token: body.accessToken })).status === 204) isEnded = true;
      });
      await Promise.all([...asked, ending]);
    };

    const watchUser = async (): Promise<void> => {
      await gate.calm(); // no faster than the questions are answered: one that comes too late proves nothing
      const user = await gate.run(() => registerUser(any()));
      let { refreshToken, token } = user;
      await Promise.all(Array.from({ length: TOKENS_PER_USER - 2 }, () => watchOne(user)));
      for (let round = 0; round < 2; round += 1) {
        const { status, body } = await answered(() => any().post('/v1/auth/refresh', { refreshToken }));
        if (status !== 200) faults.push(`refresh answered ${status}`);
        ({ refreshToken } = body);
        token = body.accessToken;
      }
      for (const own of [user.token, token]) if ((await answered(() => any().get('/v1/users/me', { token: own }))).status !== 200) faults.push('a token of 15 minutes was refused');
    };

    await inLanes(`users over HTTP, ${shape}`, Math.ceil(TOKENS / TOKENS_PER_USER), USERS, watchUser);
    // On a machine that was too busy to see enough of them alive: more, one user at a time.
    for (let more = 0; more < 20 && (seen.live ?? 0) <= TOKENS / 10; more += 1) await watchUser();
    tell(`${TOKENS} tokens over HTTP, ${shape}: ${JSON.stringify(seen)}`);
    expect(faults).toEqual([]);
    // Proves nothing unless it was in time to see them alive.
    expect(seen.live).toBeGreaterThan(TOKENS / 10);
  }, PROOF_TIMEOUT_MS);
});
