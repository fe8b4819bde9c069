import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { TOKEN_SCRIPTS } from '../../src/modules/auth/tokens/redis-token-scripts.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { eventually } from '../kit/eventually.js';
import { FaultyLink } from '../kit/faulty-link.js';
import { required } from '../kit/required.js';
import { startBundledService, type BundledService } from '../kit/service.js';

describe('an answer of Redis that is lost after a write', () => {
  let link: FaultyLink;
  let service: BundledService;
  let user: RegisteredUser;

  beforeAll(async () => {
    const redis = new URL(required('TEST_REDIS_URL'));
    // A script that Redis doesn't know is refused first, and then sent whole: nothing would be written by the request whose answer is lost.
    const client = new Redis(redis.href);
    for (const { source } of Object.values(TOKEN_SCRIPTS)) await client.script('LOAD', source);
    client.disconnect();
    link = await FaultyLink.start({ host: redis.hostname, port: Number(redis.port) });
    redis.host = `127.0.0.1:${link.port}`;
    service = await startBundledService('PostgreSQL alone', { REDIS_URL: redis.href, RATE_LIMITS: 'off' });
  });
  afterAll(async () => {
    await service.stop();
    link.stop();
  });

  const login = (): Promise<ApiAnswer> => service.api.post('/v1/auth/login', { identifier: user.username, password: user.password });
  const refresh = (refreshToken: string): Promise<ApiAnswer> => service.api.post('/v1/auth/refresh', { refreshToken });
  const sessions = async (): Promise<number> => (await service.api.get('/v1/auth/sessions', { token: user.token })).body.items.length;
  const isBack = (): Promise<boolean> => eventually('Redis is connected again', async () => (await service.api.get('/v1/users/me', { token: user.token })).status === 200);
  /** What is answered when the answer to this script is lost. */
  const losing = async (script: keyof typeof TOKEN_SCRIPTS, ask: () => Promise<ApiAnswer>): Promise<unknown[]> => {
    link.loseAnswerTo(TOKEN_SCRIPTS[script].sha1);
    const { status, body, headers } = await ask();
    await isBack();
    return [status, body.code ?? body.error, headers.get('retry-after')];
  };
  const UNKNOWN = [503, 'request.outcome_unknown', '1'];

  it('is never told as "nothing was changed": of a login, whose session is there', async () => {
    user = await registerUser(service.api);
    const before = await sessions();
    expect(await losing('issue', login)).toEqual(UNKNOWN);
    expect(await sessions()).toBe(before + 1);
  });

  it('nor of a refresh, and the same refresh token gets the pair that was lost', async () => {
    user = await registerUser(service.api);
    const first = (await refresh(user.refreshToken)).body.refreshToken as string;
    // By either way: ahead of the frameworks, where the session was seen lately, and by the table.
    expect(await losing('rotate', () => refresh(first))).toEqual(UNKNOWN);
    const { status, body } = await refresh(first);
    expect([status, (await refresh(body.refreshToken)).status]).toEqual([200, 200]);
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: (await refresh(body.refreshToken)).body.refreshToken as string });
    const grant = (): Promise<ApiAnswer> => service.api.post('/oauth/token', form.toString(), { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(await losing('refresh', grant)).toEqual([503, 'temporarily_unavailable', '1']);
    expect((await grant()).status).toBe(200);
  });

  it('nor of a sign-out, which may be asked again', async () => {
    const other = await registerUser(service.api);
    const signOut = (): Promise<ApiAnswer> => service.api.post('/v1/auth/logout', undefined, { token: other.token });
    expect(await losing('endSession', signOut)).toEqual(UNKNOWN);
    const again = await signOut();
    expect([again.status, again.body.code]).toEqual([401, 'auth.session_ended']);
  });
});
