import { describe, expect, it } from '@jest/globals';
import { MAX_ATTEMPTS, retryDelaySeconds } from './backoff.js';

describe('the wait before a delivery is tried again', () => {
  it('doubles from 5 seconds, and is never above 6 hours', () => {
    const longest = Array.from({ length: MAX_ATTEMPTS }, (_, index) => retryDelaySeconds(index + 1, 1));
    expect(longest.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(Math.max(...longest)).toBe(21_600);
  });

  it('is between half and all of that, at random', () => {
    expect([0, 0.5, 1].map((random) => retryDelaySeconds(3, random))).toEqual([10, 15, 20]);
  });
});
