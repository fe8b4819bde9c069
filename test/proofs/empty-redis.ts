import { Cluster, type Redis } from 'ioredis';
import type { RedisStoreUnderTest } from '../tokens/redis-store.js';

/** The size of the whole server, asked without touching any key: what is gone went by itself. */
export const isRedisEmpty = (store: RedisStoreUnderTest): Promise<boolean> => {
  const { client } = store.redis;
  const masters: Redis[] = client instanceof Cluster ? client.nodes('master') : [client];
  return Promise.all(masters.map((node) => node.dbsize())).then((sizes) => sizes.every((size) => size === 0));
};
