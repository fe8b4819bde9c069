import { describe, expect, it } from '@jest/globals';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { MemoryCounter } from './memory-counter.js';

const isOver = (counted: Promise<RateLimiterRes>): Promise<boolean> => counted.then(() => false, (reason) => reason instanceof RateLimiterRes);

describe('counters in memory', () => {
  it('refuse what is beyond the points, and only of that key', async () => {
    const counter = new MemoryCounter(2, 60);
    expect([await isOver(counter.consume('a')), await isOver(counter.consume('a')), await isOver(counter.consume('a')), await isOver(counter.consume('b'))]).toEqual([false, false, true, false]);
  });

  it('remember nothing of what was given back', async () => {
    const counter = new MemoryCounter(2, 60);
    await counter.consume('a');
    await counter.consume('a');
    await counter.reward('a');
    expect(counter.size).toBe(1);
    await counter.reward('a');
    expect(counter.size).toBe(0);
    expect((await counter.reward('gone')).consumedPoints).toBe(-1);
    expect((await counter.consume('gone')).consumedPoints).toBe(1);
  });

  it('are bounded: the oldest window makes room for the newest', async () => {
    const counter = new MemoryCounter(1, 60, 3);
    for (const key of ['a', 'b', 'c', 'd']) await counter.consume(key);
    expect(counter.size).toBe(3);
    expect([await isOver(counter.consume('d')), await isOver(counter.consume('a'))]).toEqual([true, false]);
  });

  it('begin anew when the window is over', async () => {
    const counter = new MemoryCounter(1, 0);
    expect([await isOver(counter.consume('a')), await isOver(counter.consume('a')), counter.size]).toEqual([false, false, 1]);
  });

  it('never say that more is left of a window than the window has', async () => {
    // The end lies just beyond 2^20 ms, where a double is coarser than what is left.
    const counter = new MemoryCounter(1, 1_048);
    for (let key = 0; key < 2_000; key += 1) expect((await counter.consume(String(key))).msBeforeNext).toBe(1_048_000);
  });
});
