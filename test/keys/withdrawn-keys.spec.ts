import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { SigningKeyLedger, SigningKeyRotation } from '../../src/modules/auth/index.js';
import { command } from '../cli/command.js';
import { registerUser, type Api, type RegisteredUser } from '../kit/api.js';
import { eventually } from '../kit/eventually.js';
import { describeOnBothShapes, startService, type TestService } from '../kit/service.js';

const kidOf = (token: string): string => decodeProtectedHeader(token).kid!;

/** The pass of each minute is switched off here, and nobody presents a key that is not known yet: only the event is left to tell of it. */
describeOnBothShapes('a signing key that the command line withdraws', (shape) => {
  let service: TestService;
  let database: pg.Client;
  let user: RegisteredUser;

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off' }, 2);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    user = await registerUser(service.api);
    for (const { app } of service.instances) await app.get(SigningKeyRotation).beforeApplicationShutdown();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const login = async (api: Api = service.api): Promise<string> => (await api.post('/v1/auth/login', { identifier: user.username, password: user.password })).body.accessToken;
  const told = async (api: Api, token: string): Promise<string> => {
    const { status, body } = await api.get('/v1/users/me', { token });
    return status === 200 ? '200' : `${status} ${body.code}`;
  };
  const stateOf = async (kid: string): Promise<string> => (await service.api.app.get(SigningKeyLedger).all()).find((key) => key.kid === kid)!.state;
  /** A key that waits for its time to sign. */
  const scheduled = async (): Promise<string> => (await service.api.app.get(SigningKeyLedger).rotate()).kid;
  const passAll = async (): Promise<void> => {
    for (const { app } of service.instances) await app.get(SigningKeyRotation).run();
  };
  const withdraw = async (kid: string): Promise<void> => {
    const { code, stderr } = await command({ DATABASE_URL: service.databaseUrl, DATA_DIR: service.dataDir, ...(service.redisUrl !== null && { REDIS_URL: service.redisUrl }) }, ['keys', 'withdraw', kid]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
  };
  const isRefusedEverywhere = async (token: string): Promise<void> => {
    for (const api of service.instances) {
      await eventually('the token is refused', async () => (await told(api, token)) === '401 auth.token_malformed');
      expect((await api.get('/.well-known/jwks.json')).body.keys.map((key: { kid: string }) => key.kid)).not.toContain(kidOf(token));
    }
  };

  it('counts for nothing on any instance when it signs no more, and leaves what its successor signs alone', async () => {
    const old = await login();
    await scheduled();
    await database.query('UPDATE signing_keys SET active_from = clock_timestamp() WHERE active_from > clock_timestamp()');
    await passAll();
    const young = await login();
    expect([await stateOf(kidOf(old)), await stateOf(kidOf(young))]).toEqual(['retired', 'active']);
    for (const api of service.instances) expect([await told(api, old), await told(api, young)]).toEqual(['200', '200']);
    await withdraw(kidOf(old));
    await isRefusedEverywhere(old);
    for (const api of service.instances) expect(await told(api, young)).toBe('200');
  });

  it('counts for nothing on any instance when its successor waits, which signs at once', async () => {
    const token = await login();
    const next = await scheduled();
    await passAll();
    for (const api of service.instances) expect(await told(api, token)).toBe('200');
    await withdraw(kidOf(token));
    await isRefusedEverywhere(token);
    for (const api of service.instances) expect(kidOf(await login(api))).toBe(next);
  });
});
