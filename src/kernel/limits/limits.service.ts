import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { networkOf } from '../addresses/index.js';
import { RedisConnection, StoreScript } from '../cache/index.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { deriveKey, mac } from '../crypto/index.js';
import { AppError } from '../errors/index.js';
import { Metrics } from '../metrics/index.js';
import { noteLimit, type LimitedRequest, type LimitState } from './limit-headers.js';
import { LimitRoom } from './limit-room.js';
import { LIMIT_RULES, limitRulesOf, type LimitName, type LimitRule } from './limit-rules.js';
import { Limit, type LimitCounter, type TakenPoint } from './limit.js';
import { tooManyRequests } from './limits.errors.js';
import { MemoryCounter } from './memory-counter.js';

const WIDE_POINTS = 100;
/** An attempt takes no longer. */
const ATTEMPT_SECONDS = 30;

const COUNT = StoreScript.load(new URL('./scripts/limit-count.lua', import.meta.url));

const redisCounter = (redis: RedisConnection, keyPrefix: string, points: number, duration: number): RateLimiterRedis =>
  new RateLimiterRedis({ keyPrefix, points, duration, storeClient: redis.client, customIncrTtlLuaScript: COUNT.source });
const counterOf = (redis: RedisConnection | null, name: LimitName, { points, windowSeconds }: LimitRule): LimitCounter =>
  redis ? redisCounter(redis, `rl:${name}`, points, windowSeconds) : new MemoryCounter(points, windowSeconds);

/** A limit, and who or what is counted by it beside the client's address. */
export type Charge = readonly [limit: LimitName, ...subject: string[]];

const NOTHING_COUNTED = new LimitRoom([], () => undefined);

/**
 * How often something may be tried: counted in Redis for all instances, in memory for the one instance without.
 * When the counters cannot be reached nothing is let through (503). `RATE_LIMITS=off` counts nothing.
 */
@Injectable()
export class Limits {
  private readonly macKey: Buffer;
  private readonly isOneServer: boolean;
  private readonly limits = new Map<LimitName, Limit>();

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    // Named: compilers differ in what they make of a type that may be null, and a limit in memory would be each instance’s own.
    @Inject(RedisConnection) redis: RedisConnection | null,
    metrics: Metrics,
  ) {
    const refused = metrics.counter('rate_limited_total', 'What was refused with 429, or a mail that was not sent, by the limit that was hit.', ['limit']);
    this.isOneServer = redis !== null && !redis.isCluster;
    this.macKey = deriveKey(config.masterKey, 'limits');
    for (const [name, rule] of Object.entries(limitRulesOf(config)) as [LimitName, LimitRule][]) {
      const counter = counterOf(redis, name, rule);
      // Wide ones are not reached by who merely does much at once.
      const running = redis && rule.points < WIDE_POINTS ? redisCounter(redis, `rl:${name}:now`, rule.points, ATTEMPT_SECONDS) : null;
      this.limits.set(name, new Limit(name, rule, counter, running, () => refused.inc({ limit: name })));
    }
  }

  /** Counts one request, whatever comes of it; 429 `request.rate_limited` over the limit. The narrowest charge comes first, and is counted last. */
  async count(request: LimitedRequest, ...charges: readonly Charge[]): Promise<void> {
    if (!this.config.rateLimits) return;
    for (const charge of widestFirst(charges)) {
      const { state, isOver } = await this.limitOf(charge).count(this.keyOf(charge, request));
      noteLimit(request, state);
      if (isOver) throw tooManyRequests(state);
    }
  }

  /** Counts one of what nobody is told of: false when it was one too many. */
  async allows(...charge: Charge): Promise<boolean> {
    if (!this.config.rateLimits) return true;
    return !(await this.limitOf(charge).count(this.keyOf(charge, null))).isOver;
  }

  /**
   * Runs something that can be guessed at. It is counted before it starts, so that a burst cannot slip through, and stays
   * counted when it fails with 401; 429 `request.rate_limited` over a limit. The narrowest charge comes first, and is counted last.
   */
  attempt<T>(request: LimitedRequest, charges: readonly Charge[], work: () => Promise<T>): Promise<T> {
    return this.config.rateLimits ? this.holding(request, widestFirst(charges), [], work) : work();
  }

  /**
   * The same for what a script in Redis does and judges in one step: it looks at the limits there, and counts nothing. Null where it cannot:
   * the counters are in memory, or their keys may be on other servers of a cluster.
   */
  roomFor(request: LimitedRequest, charges: readonly Charge[]): LimitRoom | null {
    if (!this.config.rateLimits) return NOTHING_COUNTED;
    if (!this.isOneServer) return null;
    return new LimitRoom(charges.map((charge) => ({ limit: this.limitOf(charge), key: this.keyOf(charge, request) })), (state) => noteLimit(request, state));
  }

  private async holding<T>(request: LimitedRequest, [charge, ...rest]: readonly Charge[], points: readonly TakenPoint[], work: () => Promise<T>): Promise<T> {
    const note = (state: LimitState): void => noteLimit(request, state);
    if (!charge) return settled(points, note, work);
    return this.limitOf(charge).hold(this.keyOf(charge, request), note, async (point) => {
      let isHeld = false;
      const inner = (): Promise<T> => ((isHeld = true), work());
      try {
        return await this.holding(request, rest, [point, ...points], inner);
      } catch (reason) {
        // A narrower limit refused it: it was never made.
        if (!isHeld) await point.undo();
        throw reason;
      }
    });
  }

  private limitOf([name]: Charge): Limit {
    return this.limits.get(name)!;
  }

  /** A MAC, so that the store never holds an address or a name. */
  private keyOf([name, ...subject]: Charge, request: LimitedRequest | null): string {
    const parts = subject.map((part) => part.trim().normalize('NFC').toLowerCase());
    const network = LIMIT_RULES[name].byAddress && request?.ipAddress ? networkOf(request.ipAddress) : null;
    return mac(this.macKey, JSON.stringify([name, network, ...parts])).toString('base64url');
  }
}

/** An address that is refused makes no counters for the accounts that it names, however many it invents. */
const widestFirst = (charges: readonly Charge[]): readonly Charge[] => [...charges].reverse();

const isGuess = (reason: unknown): boolean => reason instanceof AppError && reason.status === 401;

const settled = async <T>(points: readonly TakenPoint[], note: (state: LimitState) => void, work: () => Promise<T>): Promise<T> => {
  try {
    const result = await work();
    (await Promise.all(points.map((point) => point.succeed()))).forEach(note);
    return result;
  } catch (reason) {
    if (isGuess(reason)) points.map((point) => point.fail()).forEach(note);
    else await Promise.all(points.map((point) => point.undo()));
    throw reason;
  }
};
