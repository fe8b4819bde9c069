export { CacheModule } from './cache.module.js';
export { FencedEntry, type EntryShape } from './fenced-entry.js';
export type { FencedHit, FencedRead } from './fenced-read.js';
export { PreparedScript } from './prepared-script.js';
export { RedisConnection } from './redis-connection.js';
export { fillInWords, fillOf, isNearlyFull, type RedisFacts } from './redis-facts.js';
export { isSlotMoving } from './redis-errors.js';
export { StoreScript } from './store-script.js';
export { isUuid, userTag, uuidFromTag, uuidTag } from './user-tag.js';
