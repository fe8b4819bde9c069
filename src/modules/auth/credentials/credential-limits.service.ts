import { Inject, Injectable, Optional } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { RedisConnection } from '../../../kernel/cache/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { deriveKey, mac } from '../../../kernel/crypto/index.js';
import { serviceUnavailable } from '../../../kernel/errors/index.js';
import { tooManyAttempts } from '../auth.errors.js';

const QUARTER_SECONDS = 15 * 60;
const HOUR_SECONDS = 60 * 60;

/** How often, within how many seconds. The ones of `mail` bound what any one mailbox gets from here, whoever asks for it. */
const RULES = {
  'forgot:address': { points: 50, duration: QUARTER_SECONDS },
  'forgot:pair': { points: 5, duration: QUARTER_SECONDS },
  'token:address': { points: 50, duration: QUARTER_SECONDS },
  'verification:user': { points: 5, duration: HOUR_SECONDS },
  'mail:reset': { points: 10, duration: HOUR_SECONDS },
  'mail:verification': { points: 10, duration: HOUR_SECONDS },
  'mail:notice': { points: 10, duration: HOUR_SECONDS },
} as const;

export type LimitName = keyof typeof RULES;

/** Limits on what costs mail, or tries tokens out: shared by all instances on Redis, in memory for the one instance without. */
@Injectable()
export class CredentialLimits {
  private readonly macKey: Buffer;
  private readonly limiters: ReadonlyMap<LimitName, RateLimiterAbstract>;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Optional() redis: RedisConnection | null,
  ) {
    this.macKey = deriveKey(config.masterKey, 'credential-limits');
    this.limiters = new Map(
      (Object.keys(RULES) as LimitName[]).map((name) => {
        const options = { keyPrefix: `rl:${name}`, ...RULES[name] };
        return [name, redis ? new RateLimiterRedis({ ...options, storeClient: redis.client }) : new RateLimiterMemory(options)];
      }),
    );
  }

  /** 429 `request.rate_limited` over the limit; 503 when the counters cannot be reached. */
  async count(limit: LimitName, ...subject: string[]): Promise<void> {
    const retryAfterSeconds = await this.consume(limit, subject);
    if (retryAfterSeconds !== null) throw tooManyAttempts(retryAfterSeconds);
  }

  /** The same for what nobody is told of. */
  async allows(limit: LimitName, ...subject: string[]): Promise<boolean> {
    return (await this.consume(limit, subject)) === null;
  }

  private async consume(limit: LimitName, subject: readonly string[]): Promise<number | null> {
    if (!this.config.rateLimits) return null;
    try {
      await this.limiters.get(limit)!.consume(this.keyOf(subject));
      return null;
    } catch (reason) {
      if (reason instanceof RateLimiterRes) return Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
      throw serviceUnavailable(reason);
    }
  }

  /** A MAC, so that the store never holds an e-mail address. */
  private keyOf(subject: readonly string[]): string {
    return mac(this.macKey, JSON.stringify(subject.map((part) => part.trim().normalize('NFC').toLowerCase()))).toString('base64url');
  }
}
