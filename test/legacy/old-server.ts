import { createHmac, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { testRedis } from '../kit/redis.js';

export const SECRET = 'openIM123';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** As golang-jwt writes it for OpenIM. */
export const oldToken = (externalId: string, platformId = 5, ttlSeconds = 600, secret = SECRET, more: object = {}): string => {
  const issued = nowSeconds() - 100;
  const input = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ UserID: externalId, PlatformID: platformId, exp: nowSeconds() + ttlSeconds, nbf: issued, iat: issued, id: randomUUID(), ...more })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

export interface OldServer {
  readonly url: string;
  readonly redis: Redis;
  /** As the old server keeps it. */
  keep(externalId: string, platformName: string, tokens: Readonly<Record<string, number>>): Promise<void>;
  close(): Promise<void>;
}

export async function oldServer(): Promise<OldServer> {
  const own = await testRedis();
  const redis = new Redis(own.url);
  return {
    url: own.url,
    redis,
    keep: async (externalId, platformName, tokens) => void (await redis.hset(`UID_PID_TOKEN_STATUS:${externalId}:${platformName}`, tokens)),
    close: async () => {
      await redis.quit();
      await own.close();
    },
  };
}
