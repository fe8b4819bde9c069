import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOSTILE_ANSWERS, HostileRemote } from '../kit/hostile-remote.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { BUNDLED_MAIN, registeredAt, SpawnedService } from '../kit/spawned-service.js';

describe('a service that closes while a receiver of events', () => {
  let database: TestDatabase;
  let remote: HostileRemote;
  beforeAll(async () => {
    [database, remote] = await Promise.all([withDatabase(), HostileRemote.start()]);
  });
  afterAll(() => Promise.all([database.drop(), remote.stop()]));

  // Nothing reaches the end of its ten seconds here: the process would be ended by its own limit before, with code 1.
  it.each(['says nothing', 'switches protocols', 'says to continue for ever', 'trickles its head'])('%s ends by itself, in good time', async (name) => {
    remote.behave = HOSTILE_ANSWERS[name]!;
    const settings = { DATABASE_URL: database.url, WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1', SHUTDOWN_LIMIT_SECONDS: '8' };
    const service = await SpawnedService.start(settings, { main: BUNDLED_MAIN });
    const tag = name.replaceAll(' ', '-');
    const admin = await registeredAt(service.url, tag);
    const call = (method: string, path: string, body: object): Promise<Response> =>
      fetch(service.url + path, { method, headers: { authorization: `Bearer ${first?.token ?? admin.token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    first ??= admin;
    expect((await call('POST', '/v1/webhooks', { url: `${remote.origin}/${tag}`, events: ['user.created'] })).status).toBe(201);
    const sent = remote.heard();
    await registeredAt(service.url, `${tag}-2`);
    await sent;
    service.signal('SIGTERM');
    expect([await service.ended, service.words]).toEqual([0, expect.not.stringMatching(/"level":"(error|fatal)"/)]);
    remote.dropAll();
  });

  /** The first who registers is the administrator. */
  let first: { readonly token: string } | undefined;
});
