import { RateLimiterRes } from 'rate-limiter-flexible';

/** Windows that are remembered for one limit, at most: about 5 MB. Beyond that the one that would end first is forgotten. */
const MAX_WINDOWS = 20_000;

interface Window {
  consumed: number;
  readonly endsAtMs: number;
}

/**
 * The counters of one limit in this process. Strangers choose the keys, so their number is bounded, and a counter at zero is removed.
 * When it is full, the oldest window goes. Who wants to be forgotten early by that needs 20,000 counted requests of others within
 * one window, from so many addresses that each of them has more tries of its own than this gives back.
 */
export class MemoryCounter {
  /** All windows of a limit are equally long and begin at insertion, so the first is always the one that ends first. */
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly points: number,
    private readonly windowSeconds: number,
    private readonly maxWindows = MAX_WINDOWS,
  ) {}

  get size(): number {
    return this.windows.size;
  }

  /** Counts one; throws the state, as `RateLimiterRes`, when that is one too many. */
  async consume(key: string): Promise<RateLimiterRes> {
    const state = this.add(key, 1);
    if (state.consumedPoints > this.points) throw state;
    return state;
  }

  async reward(key: string): Promise<RateLimiterRes> {
    return this.add(key, -1);
  }

  async delete(key: string): Promise<boolean> {
    return this.windows.delete(key);
  }

  private add(key: string, change: number): RateLimiterRes {
    // Whole milliseconds: in fractions, what is left of a window could be more than the window, and round up to another second.
    const nowMs = Math.floor(performance.now());
    this.dropEnded(nowMs);
    const window = this.windows.get(key) ?? this.begin(key, nowMs);
    window.consumed += change;
    if (window.consumed <= 0) this.windows.delete(key);
    return new RateLimiterRes(Math.max(0, this.points - window.consumed), window.endsAtMs - nowMs, window.consumed);
  }

  private begin(key: string, nowMs: number): Window {
    const [oldest] = this.windows.keys();
    if (this.windows.size >= this.maxWindows && oldest !== undefined) this.windows.delete(oldest);
    const window = { consumed: 0, endsAtMs: nowMs + this.windowSeconds * 1000 };
    this.windows.set(key, window);
    return window;
  }

  private dropEnded(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.windows) {
      if (endsAtMs > nowMs) return;
      this.windows.delete(key);
    }
  }
}
