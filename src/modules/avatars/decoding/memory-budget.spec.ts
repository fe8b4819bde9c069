import { describe, expect, it } from '@jest/globals';
import { MemoryBudget } from './memory-budget.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Which ran beside each other, in the order in which they began. */
async function together(budget: MemoryBudget, sizes: readonly number[]): Promise<string[]> {
  const running: number[] = [];
  const seen: string[] = [];
  await Promise.allSettled(sizes.map((size) => budget.run(size, async () => {
    running.push(size);
    await turn();
    seen.push(running.join('+'));
    running.splice(running.indexOf(size), 1);
    if (size === 13) throw new Error('broken');
  })));
  return seen;
}

describe('MemoryBudget', () => {
  it('admits together what fits, and lets the rest wait', async () => {
    expect(await together(new MemoryBudget(100), [40, 60, 30])).toEqual(['40+60', '60+30', '30']);
  });

  it('admits alone what is more than the whole', async () => {
    expect(await together(new MemoryBudget(100), [300, 10])).toEqual(['300', '10']);
  });

  it('lets nothing overtake what waits', async () => {
    const seen = await together(new MemoryBudget(100), [60, 70, 10]);
    expect(seen).toEqual(['60', '70+10', '10']);
  });

  it('gives back what failed', async () => {
    const budget = new MemoryBudget(20);
    await together(budget, [13, 13, 13]);
    await expect(budget.run(20, async () => 'in')).resolves.toBe('in');
  });
});
