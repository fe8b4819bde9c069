import { Inject, Injectable, Optional } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { RedisConnection } from '../../../kernel/cache/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { deriveKey, mac } from '../../../kernel/crypto/index.js';
import { serviceUnavailable } from '../../../kernel/errors/index.js';
import { tooManyAttempts } from '../auth.errors.js';

const WINDOW_SECONDS = 15 * 60;
/** Per account and address, so that a stranger elsewhere cannot lock anybody out. */
const ATTEMPTS_PER_ACCOUNT_AND_ADDRESS = 10;
const ATTEMPTS_PER_ADDRESS = 200;

/** Counts failed logins: shared by all instances on Redis, in memory for the one instance without. */
@Injectable()
export class LoginLimiter {
  private readonly macKey: Buffer;
  private readonly perPair: RateLimiterAbstract;
  private readonly perAddress: RateLimiterAbstract;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Optional() redis: RedisConnection | null,
  ) {
    this.macKey = deriveKey(config.masterKey, 'login-limits');
    const limiter = (keyPrefix: string, points: number): RateLimiterAbstract => {
      const options = { keyPrefix, points, duration: WINDOW_SECONDS };
      return redis ? new RateLimiterRedis({ ...options, storeClient: redis.client }) : new RateLimiterMemory(options);
    };
    this.perPair = limiter('rl:login:pair', ATTEMPTS_PER_ACCOUNT_AND_ADDRESS);
    this.perAddress = limiter('rl:login:address', ATTEMPTS_PER_ADDRESS);
  }

  /**
   * Runs one login attempt. It is counted before it starts, so that a burst cannot slip through, and not counted when it
   * succeeds. `request.rate_limited` (429) over the limit; 503 when the counters cannot be reached.
   */
  async attempt<T>(identifier: string, address: string | null, login: () => Promise<T>): Promise<T> {
    if (!this.config.rateLimits) return login();
    const keys = { pair: this.keyOf(identifier, address ?? ''), address: this.keyOf('', address ?? '') };
    await this.take(this.perAddress, keys.address);
    await this.take(this.perPair, keys.pair);
    const result = await login();
    await Promise.all([this.perPair.delete(keys.pair), this.perAddress.reward(keys.address)]).catch(() => {
      // The login stands; a count that stays is forgotten with its window.
    });
    return result;
  }

  /** A MAC, so that the store never holds an e-mail address or a name. */
  private keyOf(identifier: string, address: string): string {
    return mac(this.macKey, JSON.stringify([identifier.normalize('NFC').toLowerCase(), address])).toString('base64url');
  }

  private async take(limiter: RateLimiterAbstract, key: string): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (reason) {
      if (reason instanceof RateLimiterRes) throw tooManyAttempts(Math.max(1, Math.ceil(reason.msBeforeNext / 1000)));
      throw serviceUnavailable(reason);
    }
  }
}
