import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Limits } from '../../src/kernel/limits/index.js';
import { tooManyRequests } from '../../src/kernel/limits/limits.errors.js';
import { startService, type TestService } from '../kit/service.js';

describe('a POST with an Idempotency-Key that comes too often', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService('PostgreSQL alone', { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('is carried out under the same key once there is room: no 429 is kept', async () => {
    const refused = tooManyRequests({ name: 'x', points: 1, windowSeconds: 1, remaining: 0, resetSeconds: 1 });
    const limits = jest.spyOn(service.api.app.get(Limits, { strict: false }), 'count').mockRejectedValueOnce(refused);
    const body = { email: 'ada@example.test', username: 'ada', password: 'correct horse battery' };
    const post = async (): Promise<number> => (await service.api.post('/v1/auth/register', body, { headers: { 'idempotency-key': 'a-key' } })).status;
    expect([await post(), await post(), await post()]).toEqual([429, 201, 201]);
    limits.mockRestore();
  });
});
