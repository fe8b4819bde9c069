import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import type { RedisAuth, RedisConfig } from '../../src/kernel/config/index.js';
import { RedisTokenAudit } from '../../src/modules/auth/audit/redis-token-audit.js';
import { TokenAudit } from '../../src/modules/auth/index.js';
import { RedisTokenRepository } from '../../src/modules/auth/tokens/redis-token.repository.js';
import { registerUser } from '../kit/api.js';
import { makeCertificate, type TestCertificate } from '../kit/certificate.js';
import { PrivateRedis, speakingTls, startCluster } from '../kit/private-redis.js';
import { startService, type TestService } from '../kit/service.js';
import { isLong } from '../proofs/scale.js';
import { describeAdopting } from './adopting.contract.js';
import { describeEnding } from './ending.contract.js';
import { describeLifetimes } from './lifetimes.contract.js';
import { describePolicies } from './policies.contract.js';
import { bePatient, openRedisStore } from './redis-store.js';
import { describeRefresh } from './refresh.contract.js';
import { login, stateOf } from './token-store-under-test.js';

/** The very line that operators are told to use. */
const DOCUMENTED = /^user likeness on >(\S+) .*$/m.exec(readFileSync(new URL('../../docs/tokens.md', import.meta.url), 'utf8'))!;
const [ACL_LINE, PASSWORD] = [DOCUMENTED[0], DOCUMENTED[1]!];

describe('Redis over TLS, as a user who may do no more than the documentation says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-tls-'));
  const aclOptions = ['--aclfile', join(folder, 'users.acl')];
  let certificate: TestCertificate;
  let server: PrivateRedis;
  let url: string;
  let options: RedisAuth;
  beforeAll(async () => {
    writeFileSync(aclOptions[1]!, `user default on nopass ~* &* +@all\n${ACL_LINE}\n`);
    certificate = await makeCertificate(folder);
    server = await PrivateRedis.start(...aclOptions, ...(await speakingTls(certificate)));
    url = `rediss://likeness:${PASSWORD}@127.0.0.1:${server.tlsPort}/0`;
    options = { username: 'likeness', password: PASSWORD, tls: true, tlsCa: certificate.pem };
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('keeps the contract of the token repository:', () => {
    const makeStore = async () => {
      const admin = new Redis(server.url);
      await admin.flushall();
      admin.disconnect();
      return bePatient(await openRedisStore({ kind: 'standalone', url, tlsCa: certificate.pem }));
    };
    [describeRefresh, describePolicies, describeEnding, describeAdopting].forEach((part) => part(makeStore));
    // Many seconds of waiting, for no script that the others do not run.
    if (isLong) describeLifetimes(makeStore);
  });

  it('is not spoken to unless its certificate is trusted', async () => {
    const connection = RedisConnection.create({ kind: 'standalone', url });
    await connection.connect();
    await expect(connection.inspect()).rejects.toMatchObject({ code: 'service.unavailable' });
    connection.close();
  });

  it('lets the user do no harm', async () => {
    const client = new Redis(url, { tls: { ca: certificate.pem } });
    const harm = ['FLUSHALL', 'CONFIG GET *', 'KEYS *', 'SET other 1', 'PUBLISH other 1', 'ACL LIST', 'SCRIPT FLUSH', 'FUNCTION FLUSH', 'CLIENT KILL TYPE normal', 'SHUTDOWN'];
    for (const line of harm) {
      const [command, ...args] = line.split(' ') as [string, ...string[]];
      await expect(client.call(command, ...args)).rejects.toThrow(/^NOPERM/);
    }
    client.disconnect();
  });

  describe('is served by every kind of deployment:', () => {
    const address = ({ tlsPort }: PrivateRedis): { host: string; port: number } => ({ host: '127.0.0.1', port: tlsPort });
    const KINDS: readonly [string, () => Promise<readonly [RedisConfig, readonly PrivateRedis[]]>][] = [
      ['Sentinel', async () => {
        const sentinel = await PrivateRedis.startSentinel('likeness', server.tlsPort, ...(await speakingTls(certificate)), '--tls-replication', 'yes');
        return [{ kind: 'sentinel', sentinels: [address(sentinel)], name: 'likeness', options }, [sentinel]];
      }],
      ['a cluster', async () => {
        const nodes = await startCluster({ certificate, options: aclOptions });
        return [{ kind: 'cluster', nodes: [address(nodes[0]!)], options }, nodes];
      }],
    ];

    it.each(KINDS)('%s', async (_kind, start) => {
      const [config, servers] = await start();
      const store = bePatient(await openRedisStore(config));
      const { client } = store.redis;
      const subscriber = client instanceof Cluster ? client.duplicate([], { lazyConnect: true }) : client.duplicate({ lazyConnect: true });
      try {
        const issued = await login(store.tokens, randomUUID());
        expect(await stateOf(store, issued)).toBe('live');
        expect((await new RedisTokenAudit(store.redis).run(() => undefined)).findingCount).toBe(0);
        expect(await store.redis.inspect()).toHaveLength(config.kind === 'cluster' ? 3 : 1);
        // There is no replica: counted, not forbidden.
        const revoked = new RedisTokenRepository(store.redis, store.entries, 1).revokeToken({ userId: issued.session.userId, sessionId: issued.session.id, tokenId: issued.access.tokenId }, 'revoked');
        await expect(revoked).rejects.toMatchObject({ code: 'request.outcome_unknown', cause: { message: '0 of 1 replicas have it' } });
        const heard = new Promise((resolve) => subscriber.on('message', (_channel, text) => resolve(text)));
        await subscriber.connect();
        await subscriber.subscribe('likeness:events:0');
        await client.publish('likeness:events:0', 'awake');
        expect(await heard).toBe('awake');
      } finally {
        subscriber.disconnect();
        await store.close();
        await Promise.all(servers.map((each) => each.remove()));
      }
    });
  });

  describe('serves the whole application', () => {
    let service: TestService;
    beforeAll(async () => {
      service = await startService('PostgreSQL alone', { REDIS_URL: url, REDIS_TLS_CA: certificate.pem }, 2);
      for (const { app } of service.instances) bePatient({ redis: app.get(RedisConnection) });
    });
    afterAll(() => service.stop());

    it('with limits, the cache, the bus, the audit and its readiness', async () => {
      const [api, other] = service.instances;
      const user = await registerUser(api!);
      expect((await api!.post('/v1/auth/login', { identifier: user.email, password: 'not this one' })).headers.get('ratelimit')).toContain('"login-account";r=9');
      expect((await api!.patch('/v1/users/me', { displayName: 'Ada' }, { token: user.token })).status).toBe(200);
      expect((await other!.get('/v1/users/me', { token: user.token })).body.displayName).toBe('Ada');
      expect((await other!.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status).toBe(200);
      // A busy machine may take longer than readiness waits: it says yes as soon as it was answered in time.
      while ((await api!.get('/health/ready')).status !== 200) continue;
      expect((await api!.app.get(TokenAudit).run(() => undefined)).findingCount).toBe(0);
      expect((await api!.post('/v1/auth/logout-all', {}, { token: user.token })).status).toBe(204);
      expect((await other!.get('/v1/users/me', { token: user.token })).body.code).toBe('auth.session_ended');
    });
  });
});
