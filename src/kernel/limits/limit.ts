import { RateLimiterRes, type RateLimiterAbstract, type RateLimiterStoreAbstract } from 'rate-limiter-flexible';
import { serviceUnavailable } from '../errors/index.js';
import { AttemptGate } from './attempt-gate.js';
import type { LimitState } from './limit-headers.js';
import type { LimitName, LimitRule } from './limit-rules.js';
import { tooManyAttempts } from './limits.errors.js';

/** How often it is looked whether an attempt on another instance has ended, and for how long. */
const OTHERS_WAIT_MS = 100;
const MAX_WAIT_MS = 10_000;
/** Between one attempt and the next of a queue there is a moment in which none runs: as long as a store under load takes for two answers. */
const QUIET_LOOKS = 5;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const retryAfter = ({ msBeforeNext }: Pick<RateLimiterRes, 'msBeforeNext'>): number => Math.max(1, Math.ceil(msBeforeNext / 1000));

/** An attempt that is being made: one point is taken until it is known how it ended. */
export interface TakenPoint {
  succeed(): Promise<LimitState>;
  fail(): LimitState;
  /** It was no attempt after all. */
  undo(): Promise<void>;
}

/** Counts per key and window. A counter at zero is not kept. */
export type LimitCounter = {
  consume(key: string): Promise<RateLimiterRes>;
  reward(key: string): Promise<RateLimiterRes>;
  delete(key: string): Promise<boolean>;
};

/** One limit: a counter per subject. */
export class Limit {
  private readonly gates = new Map<string, AttemptGate>();

  constructor(
    private readonly name: LimitName,
    private readonly rule: LimitRule,
    private readonly counter: LimitCounter,
    /** Where other instances count too: how many attempts run anywhere. It decides nothing but whether to wait for their outcome. */
    private readonly running: RateLimiterAbstract | null,
    /** Told of everything that this limit turns away. */
    private readonly onRefusal: () => void,
  ) {}

  /** Counts one; `isOver` once there are more than the limit allows. 503 when the counter cannot be reached. */
  async count(key: string): Promise<{ readonly state: LimitState; readonly isOver: boolean }> {
    const { result, isOver } = await this.consume(key);
    if (isOver) this.onRefusal();
    return { state: this.stateOf(result), isOver };
  }

  /** Runs an attempt once a point could be taken for it, or throws 429. The state of a refusal is told to `refused`. */
  async hold<T>(key: string, refused: (state: LimitState) => void, attempt: (point: TakenPoint) => Promise<T>): Promise<T> {
    const gate = this.gates.get(key) ?? new AttemptGate(this.rule.points);
    this.gates.set(key, gate);
    if (!(await gate.enter())) throw this.refusal(tooManyAttempts(1));
    try {
      return await attempt(await this.take(key, gate, refused));
    } finally {
      gate.leave();
      if (gate.isIdle) this.gates.delete(key);
    }
  }

  /** The counter of a key, for `scripts/limit-room.lua`. Only limits whose points are given back. */
  spelledOut(key: string): string {
    return ` ${(this.counter as LimitCounter & RateLimiterStoreAbstract).getKey(key)} ${this.rule.points}`;
  }

  /** How a request stands that has its point back, where so many are taken. Where none is, a window would begin with the next. */
  stateAt(consumed: number, msBeforeNext: number): LimitState {
    return this.stateOf({ remainingPoints: this.rule.points - consumed, msBeforeNext: consumed > 0 ? msBeforeNext : this.rule.windowSeconds * 1000 });
  }

  private async take(key: string, gate: AttemptGate, refused: (state: LimitState) => void): Promise<TakenPoint> {
    const since = performance.now();
    const looks = { quiet: 0 };
    for (;;) {
      if (gate.shut) throw this.refusal(gate.shut);
      const { result, isOver } = await this.consume(key);
      if (!isOver) return this.taken(key, gate, result);
      await this.giveBack(key);
      if (performance.now() - since < MAX_WAIT_MS && (await this.mayYetPass(key, gate, looks))) continue;
      refused(this.stateOf(result));
      gate.shutWith(tooManyAttempts(retryAfter(result)));
    }
  }

  private refusal(error: Error): Error {
    this.onRefusal();
    return error;
  }

  /** What is counted may be attempts that run, of which the good ones will be counted no more. */
  private async mayYetPass(key: string, gate: AttemptGate, looks: { quiet: number }): Promise<boolean> {
    if (await gate.outcome()) return true;
    if (!this.running) return false;
    const isQuiet = (await this.runningAnywhere(key, 0)) <= 0;
    looks.quiet = isQuiet ? looks.quiet + 1 : 0;
    if (looks.quiet > QUIET_LOOKS) return false;
    await sleep(OTHERS_WAIT_MS);
    return true;
  }

  private async runningAnywhere(key: string, change: 0 | 1 | -1): Promise<number> {
    if (!this.running) return 0;
    const counted = change < 0 ? this.running.reward(key) : this.running.penalty(key, change);
    return (await counted.catch(() => null))?.consumedPoints ?? 0;
  }

  private taken(key: string, gate: AttemptGate, result: RateLimiterRes): TakenPoint {
    gate.start();
    void this.runningAnywhere(key, 1);
    const { points, onSuccess } = this.rule;
    const settle = (isSuccess: boolean): void => {
      gate.settle(isSuccess);
      void this.runningAnywhere(key, -1);
    };
    const restore = (): Promise<unknown> => (onSuccess === 'forget' ? this.quietly(this.counter.delete(key)) : this.giveBack(key));
    return {
      succeed: async () => {
        await restore();
        settle(true);
        return this.stateOf(result, onSuccess === 'forget' ? points : result.remainingPoints + 1);
      },
      fail: () => {
        settle(false);
        return this.stateOf(result);
      },
      undo: async () => {
        await this.giveBack(key);
        settle(true);
      },
    };
  }

  private async consume(key: string): Promise<{ result: RateLimiterRes; isOver: boolean }> {
    try {
      return { result: await this.counter.consume(key), isOver: false };
    } catch (reason) {
      if (reason instanceof RateLimiterRes) return { result: reason, isOver: true };
      throw serviceUnavailable(reason);
    }
  }

  private giveBack(key: string): Promise<unknown> {
    return this.quietly(this.counter.reward(key));
  }

  /** What was done stands; a count that stays is forgotten with its window. */
  private quietly(work: Promise<unknown>): Promise<unknown> {
    return work.catch(() => undefined);
  }

  private stateOf(result: Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>, remaining = result.remainingPoints): LimitState {
    const { points, windowSeconds } = this.rule;
    return { name: this.name, points, windowSeconds, remaining: Math.max(0, Math.min(points, remaining)), resetSeconds: retryAfter(result) };
  }
}
