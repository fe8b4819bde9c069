import { testRedis } from '../kit/redis.js';
import { bePatient, openRedisStore } from './redis-store.js';
import { describeTokenRepository } from './token-repository.contract.js';

describeTokenRepository('Redis', async () => {
  const own = await testRedis();
  const store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
  return { ...store, close: async () => { await store.close(); await own.close(); } };
});
