import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Transactions } from '../../../kernel/database/index.js';
import { ExpiredTokenPruner } from './postgres-expired-token.pruner.js';

describe('the pruner of expired tokens', () => {
  const query = jest.fn<() => Promise<{ count: number }[]>>();
  const pruner = (): ExpiredTokenPruner => new ExpiredTokenPruner({ query } as unknown as DataSource, { run: () => Promise.resolve(0) } as unknown as Transactions);

  beforeEach(() => {
    jest.useFakeTimers();
    query.mockReset().mockResolvedValue([{ count: 0 }]);
  });
  afterEach(() => void jest.useRealTimers());

  it('runs a minute after the start, and each hour from then on', async () => {
    const running = pruner();
    running.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(59_999);
    expect(query).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(query).toHaveBeenCalledTimes(2);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(query).toHaveBeenCalledTimes(4);
    await running.beforeApplicationShutdown();
  });

  it('tries again after a pass that failed', async () => {
    const running = pruner();
    query.mockRejectedValueOnce(new Error('away'));
    running.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(query).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(query).toHaveBeenCalledTimes(3);
    await running.beforeApplicationShutdown();
  });

  it('starts nothing after the shutdown', async () => {
    const running = pruner();
    running.onApplicationBootstrap();
    await running.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(7_200_000);
    expect(query).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes whole batches until one is not full, and no more than its bound in one pass', async () => {
    query.mockResolvedValueOnce([{ count: 1_000 }]).mockResolvedValueOnce([{ count: 7 }]);
    expect(await pruner().prune()).toBe(1_007);
    expect(query).toHaveBeenCalledTimes(3);
    query.mockClear().mockResolvedValue([{ count: 1_000 }]);
    expect(await pruner().prune()).toBe(400_000);
  });
});
