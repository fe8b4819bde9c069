import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis, type Cluster } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { RedisTokenRepository } from '../../src/modules/auth/tokens/redis-token.repository.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { PrivateRedis, startCluster } from '../kit/private-redis.js';
import { startService, type TestService } from '../kit/service.js';
import { postForm } from '../oauth/oauth-client.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { login, stateOf, type Issued } from './token-store-under-test.js';

const UNKNOWN = { code: 'request.outcome_unknown', status: 503, headers: { 'Retry-After': '1' } };

/** Every way to end something that no row in PostgreSQL marks. */
const REVOCATIONS: readonly [string, (tokens: RedisTokenRepository, issued: Issued) => Promise<unknown>, string][] = [
  ['a token', (tokens, { session, access }) => tokens.revokeToken({ userId: session.userId, sessionId: session.id, tokenId: access.tokenId }, 'revoked'), 'revoked'],
  ['a session', (tokens, { session }) => tokens.endSession(session.userId, session.id, 'ended'), 'ended'],
  ['a platform', (tokens, { session }) => tokens.endPlatform(session.userId, session.platform), 'ended'],
];

async function startPair(): Promise<[master: PrivateRedis, replica: PrivateRedis]> {
  const master = await PrivateRedis.start('--repl-diskless-sync-delay', '0');
  const replica = await PrivateRedis.start('--replicaof', `127.0.0.1 ${master.port}`);
  await replica.hasCaughtUpWith(master);
  return [master, replica];
}

/** Asked again until a replica had it in time: on a busy machine one that is well can still be late. */
async function acknowledged<T>(revoke: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await revoke();
    } catch (error) {
      expect(error).toMatchObject(UNKNOWN);
    }
  }
}

describe('a revocation that asks for a replica', () => {
  let master: PrivateRedis;
  let replica: PrivateRedis;
  let store: RedisStoreUnderTest;
  let strict: RedisTokenRepository;
  beforeAll(async () => {
    [master, replica] = await startPair();
    store = bePatient(await openRedisStore({ kind: 'standalone', url: master.url }));
    strict = new RedisTokenRepository(store.redis, store.entries, 1);
  });
  afterAll(async () => {
    await store.close();
    await Promise.all([master.remove(), replica.remove()]);
  });

  it.each(REVOCATIONS)('ends %s on the replica too before it answers', async (_what, revoke, state) => {
    await store.redis.client.script('FLUSH'); // and the same where the script is not known yet
    const issued = await login(store.tokens, randomUUID());
    await acknowledged(() => revoke(strict, issued));
    // The replica alone, as if it had been promoted the moment after.
    const promoted = new Redis(replica.port, '127.0.0.1');
    await promoted.replicaof('NO', 'ONE');
    const alone = bePatient(await openRedisStore({ kind: 'standalone', url: replica.url }));
    expect(await stateOf(alone, issued)).toBe(state);
    await alone.close();
    await promoted.replicaof('127.0.0.1', master.port);
    await eventually('the link to the master is up', async () => (await promoted.info('replication')).includes('master_link_status:up'));
    promoted.disconnect();
    await replica.hasCaughtUpWith(master);
  });

  it.each(REVOCATIONS)('says that the outcome is not known when the replica is silent, for %s; and has it once the replica is back', async (_what, revoke, state) => {
    const issued = await login(store.tokens, randomUUID());
    replica.signal('SIGSTOP');
    await expect(revoke(strict, issued)).rejects.toMatchObject(UNKNOWN);
    // Asked again there is nothing left to end, and still no replica has it: also from another connection.
    const other = bePatient(await openRedisStore({ kind: 'standalone', url: master.url }));
    await expect(revoke(new RedisTokenRepository(other.redis, other.entries, 1), issued)).rejects.toMatchObject(UNKNOWN);
    replica.signal('SIGCONT');
    await replica.hasCaughtUpWith(master);
    await acknowledged(() => revoke(strict, issued));
    expect(await stateOf(store, issued)).toBe(state);
    await other.close();
  });

  it('asks for as many as it was told to', async () => {
    const { session } = await login(store.tokens, randomUUID());
    await expect(new RedisTokenRepository(store.redis, store.entries, 2).endSession(session.userId, session.id, 'ended')).rejects.toMatchObject(UNKNOWN);
  });

  it('is unavailable without its server, and asks nobody by default', async () => {
    const { session } = await login(store.tokens, randomUUID());
    await replica.kill();
    expect(await store.tokens.endSession(session.userId, session.id, 'ended')).toBe(true);
    await master.kill();
    await eventually('the connection is known to be gone', () => store.redis.client.status !== 'ready');
    await expect(strict.endSession(session.userId, session.id, 'ended')).rejects.toMatchObject({ code: 'service.unavailable', status: 503 });
  });
});

describe('a revocation that asks for a replica, over HTTP', () => {
  let master: PrivateRedis;
  let replica: PrivateRedis;
  let service: TestService;
  let admin: RegisteredUser;
  beforeAll(async () => {
    [master, replica] = await startPair();
    service = await startService('PostgreSQL alone', { REDIS_URL: master.url, REVOCATION_REPLICAS: '1', RATE_LIMITS: 'off' });
    bePatient({ redis: service.api.app.get(RedisConnection) });
    admin = await registerUser(service.api);
  });
  afterAll(async () => {
    await service.stop();
    await Promise.all([master.remove(), replica.remove()]);
  });

  /** Every request that ends something which no row in PostgreSQL marks; the answer once all have it, and when it is asked again after that. */
  const REQUESTS: readonly [string, (user: RegisteredUser) => Promise<ApiAnswer>, number][] = [
    ['logout by access token', ({ token }) => service.api.post('/v1/auth/logout', undefined, { token }), 401],
    ['logout by refresh token', ({ refreshToken }) => service.api.post('/v1/auth/logout', { refreshToken }), 401],
    ['the end of another session of one’s own', async ({ email, password, sessionId }) => {
      const { accessToken } = (await service.api.post('/v1/auth/login', { identifier: email, password })).body;
      return service.api.delete(`/v1/auth/sessions/${sessionId}`, { token: accessToken });
    }, 404],
    ['the end of a platform by an administrator', ({ id }) => service.api.delete(`/v1/users/${id}/sessions?platform=other`, { token: admin.token }), 204],
    ['RFC 7009 with an access token', ({ token }) => postForm(service.api, '/oauth/revoke', { token }), 200],
    ['RFC 7009 with a refresh token', ({ refreshToken }) => postForm(service.api, '/oauth/revoke', { token: refreshToken }), 200],
  ];

  it.each(REQUESTS)('says so for %s, and again until the replica has it', async (_what, revoke, done) => {
    const user = await registerUser(service.api);
    replica.signal('SIGSTOP');
    for (let time = 0; time < 2; time += 1) {
      const { status, headers, body } = await revoke(user);
      expect([status, headers.get('retry-after'), body.code ?? body.error]).toEqual([503, '1', body.error ? 'temporarily_unavailable' : 'request.outcome_unknown']);
    }
    replica.signal('SIGCONT');
    await replica.hasCaughtUpWith(master);
    let answer = await revoke(user);
    while (answer.status === 503) answer = await revoke(user);
    expect(answer.status).toBe(done);
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(401);
  });
});

describe('a revocation that asks for a replica in a cluster', () => {
  it('asks the replicas of the slot’s own master', async () => {
    // Nobody is to be replaced, however long a busy machine keeps somebody silent.
    const nodes = await startCluster({ replicas: 1, nodeTimeoutMs: 120_000 });
    const store = bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));
    const strict = new RedisTokenRepository(store.redis, store.entries, 1);
    try {
      const cluster = store.redis.client as Cluster;
      const slots = await cluster.nodes('master')[0]!.cluster('SLOTS');
      const masterOf = async ({ session }: Issued): Promise<Redis> => {
        const slot = Number(await cluster.cluster('KEYSLOT', store.entries.key(session.userId)));
        const port = slots.find(([first, last]) => first <= slot && slot <= last)![2]![1];
        return cluster.nodes('master').find(({ options }) => options.port === port)!;
      };
      const all: Issued[] = [];
      for (let i = 0; i < 9; i += 1) all.push(await login(store.tokens, randomUUID()));
      const masters = await Promise.all(all.map(masterOf));
      const lonely = masters[0]!;
      const [, , replicas] = (await lonely.role()) as [role: string, offset: number, replicas: [host: string, port: string, offset: string][]];
      nodes.find(({ port }) => port === Number(replicas[0]![1]))!.signal('SIGSTOP');
      await Promise.all(all.map(async ({ session }, i) => {
        const revoke = (): Promise<unknown> => strict.endSession(session.userId, session.id, 'ended');
        if (masters[i] === lonely) await expect(revoke()).rejects.toMatchObject(UNKNOWN);
        else await acknowledged(revoke);
      }));
    } finally {
      await store.close();
      await Promise.all(nodes.map((node) => node.remove()));
    }
  });
});
