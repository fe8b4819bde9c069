import { startCluster } from '../kit/private-redis.js';
import { bePatient, openRedisStore } from '../tokens/redis-store.js';
import { isRedisEmpty } from './empty-redis.js';
import { proveLifetimes } from './token-lifetimes.contract.js';

proveLifetimes({
  name: 'Redis Cluster with replicas',
  questionsAtOnce: 64,
  isOneConnection: false,
  open: async () => {
    const nodes = await startCluster({ replicas: 1 });
    const store = bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));
    return { ...store, isEmpty: () => isRedisEmpty(store), close: async () => { await store.close(); await Promise.all(nodes.map((node) => node.remove())); } };
  },
});
