import { PrivateRedis } from '../kit/private-redis.js';
import { bePatient, openRedisStore } from '../tokens/redis-store.js';
import { isRedisEmpty } from './empty-redis.js';
import { proveLifetimes } from './token-lifetimes.contract.js';

proveLifetimes({
  name: 'Redis',
  questionsAtOnce: 64,
  isOneConnection: true,
  open: async () => {
    const server = await PrivateRedis.start();
    const store = bePatient(await openRedisStore({ kind: 'standalone', url: server.url }));
    return { ...store, isEmpty: () => isRedisEmpty(store), close: async () => { await store.close(); await server.remove(); } };
  },
});
