import { describe, expect, it } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

interface Sizes {
  readonly atOnce: number;
  readonly waiting: number;
  readonly waitingPerCaller: number;
}

const full = (): Error => new Error('full');
const queueOf = ({ atOnce = 1, waiting = 100, waitingPerCaller = 50 }: Partial<Sizes> = {}): FairQueue => new FairQueue(atOnce, { waiting, waitingPerCaller }, full);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Holds the queue until `open`, and notes in which order others were served. */
const held = (queue: FairQueue): { served: string[]; ask: (name: string, rank?: number) => Promise<string>; open: () => void } => {
  const served: string[] = [];
  let open = (): void => undefined;
  void queue.run({ caller: 'holder', rank: 0 }, () => new Promise<void>((resolve) => (open = resolve)));
  const ask = (name: string, rank = 0): Promise<string> =>
    queue
      .run({ caller: name[0]!, rank }, async () => {
        served.push(name);
        await turn();
        return 'served';
      })
      .catch((error: Error) => error.message);
  return { served, ask, open: () => open() };
};

describe('the fair queue', () => {
  it('runs no more at once than it may, failures included', async () => {
    const queue = queueOf({ atOnce: 3 });
    let [running, most] = [0, 0];
    const work = async (index: number): Promise<void> => {
      most = Math.max(most, (running += 1));
      await turn();
      running -= 1;
      if (index % 5 === 0) throw new Error('broken');
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => queue.run({ caller: 'a', rank: 0 }, () => work(index))));
    expect([most, running, outcomes.filter(({ status }) => status === 'rejected').length]).toEqual([3, 0, 8]);
  });

  it('serves callers in turn, each in the order in which it came', async () => {
    const { served, ask, open } = held(queueOf());
    const asked = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => ask(name));
    open();
    await Promise.all(asked);
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('serves what is urgent first, and the rest not never', async () => {
    const { served, ask, open } = held(queueOf());
    const asked = [...['x1', 'x2'].map((name) => ask(name, 1)), ...Array.from({ length: 10 }, (_, index) => ask(`a${index}`))];
    open();
    await Promise.all(asked);
    expect(served.slice(0, 8)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7']);
    expect(served.indexOf('x1')).toBe(8);
    expect(served).toHaveLength(12);
  });

  it('refuses who has too many waiting, and nobody else', async () => {
    const { served, ask, open } = held(queueOf({ waitingPerCaller: 2 }));
    const asked = ['a1', 'a2', 'a3', 'b1'].map((name) => ask(name));
    expect(await asked[2]).toBe('full');
    open();
    expect(await Promise.all(asked)).toEqual(['served', 'served', 'full', 'served']);
    expect(served).toEqual(['a1', 'b1', 'a2']);
  });

  it('takes a newcomer when it is full, and refuses the last of the greediest in its place', async () => {
    const { served, ask, open } = held(queueOf({ waiting: 4 }));
    const asked = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((name) => ask(name));
    expect([await asked[2], await asked[5]]).toEqual(['full', 'full']);
    open();
    expect(await Promise.all(asked)).toEqual(['served', 'served', 'full', 'served', 'served', 'full']);
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('is free again after everything', async () => {
    const queue = queueOf({ waiting: 0 });
    await expect(queue.run({ caller: 'a', rank: 0 }, () => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    await expect(queue.run({ caller: 'a', rank: 0 }, async () => 'free')).resolves.toBe('free');
  });
});
