import { describe, expect, it } from '@jest/globals';
import { WorkerLoop } from './worker-loop.js';

interface Pass {
  end(isMore?: boolean): void;
  fail(error: Error): void;
}

/** A loop whose passes end when the test says so. */
const startLoop = () => {
  const passes: Pass[] = [];
  const errors: unknown[] = [];
  let heard: (() => void) | null = null;
  const pass = () =>
    new Promise<boolean>((resolve, reject) => {
      passes.push({ end: (isMore = false) => resolve(isMore), fail: reject });
      heard?.();
    });
  const begun = async (count: number): Promise<Pass> => {
    while (passes.length < count) await new Promise<void>((resolve) => (heard = resolve));
    return passes[count - 1]!;
  };
  return { loop: new WorkerLoop(pass, (error) => errors.push(error)), passes, errors, begun };
};

const nextTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a worker loop', () => {
  it('runs no pass until it is woken, and never in the turn of the caller', async () => {
    const { loop, passes, begun } = startLoop();
    await nextTurns();
    expect(passes).toHaveLength(0);
    loop.wake();
    expect(passes).toHaveLength(0);
    (await begun(1)).end();
    await loop.idle();
    expect(passes).toHaveLength(1);
  });

  it('runs one pass at a time, and one more for any number of wake-ups meanwhile', async () => {
    const { loop, passes, begun } = startLoop();
    loop.wake();
    const first = await begun(1);
    loop.wake();
    loop.wake();
    await nextTurns();
    expect(passes).toHaveLength(1);
    first.end();
    (await begun(2)).end();
    await loop.idle();
    expect(passes).toHaveLength(2);
  });

  it('runs another pass at once while there is more to do', async () => {
    const { loop, passes, begun } = startLoop();
    loop.wake();
    (await begun(1)).end(true);
    (await begun(2)).end(true);
    (await begun(3)).end(false);
    await loop.idle();
    expect(passes).toHaveLength(3);
  });

  it('loses no wake-up that comes in any turn around the end of a pass', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { loop, begun } = startLoop();
      loop.wake();
      (await begun(1)).end();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      loop.wake();
      (await begun(2)).end();
      await loop.idle();
    }
  });

  it('reports a failed pass, and repeats it at the next wake-up only', async () => {
    const { loop, passes, errors, begun } = startLoop();
    loop.wake();
    (await begun(1)).fail(new Error('away'));
    await loop.idle();
    expect([passes.length, errors]).toEqual([1, [new Error('away')]]);
    loop.wake();
    (await begun(2)).end();
    await loop.idle();
  });

  it('keeps a wake-up that came during a pass that failed', async () => {
    const { loop, begun } = startLoop();
    loop.wake();
    const first = await begun(1);
    loop.wake();
    first.fail(new Error('away'));
    (await begun(2)).end();
    await loop.idle();
  });

  it('reports a pass that throws before it returns a promise', async () => {
    const errors: unknown[] = [];
    const loop = new WorkerLoop(
      () => {
        throw new Error('at once');
      },
      (error) => errors.push(error),
    );
    loop.wake();
    await loop.idle();
    expect(errors).toEqual([new Error('at once')]);
  });

  it('begins no pass after it was stopped, but ends the one that runs', async () => {
    const { loop, passes, begun } = startLoop();
    loop.wake();
    const first = await begun(1);
    loop.wake();
    let isOver = false;
    const stopped = loop.stop().then(() => (isOver = true));
    loop.wake();
    await nextTurns();
    expect(isOver).toBe(false);
    first.end(true);
    await stopped;
    loop.wake();
    await nextTurns();
    expect(passes).toHaveLength(1);
  });

  it('still runs a pass that was wanted and had not begun when it was stopped', async () => {
    const { loop, begun } = startLoop();
    loop.wake();
    const stopped = loop.stop();
    (await begun(1)).end();
    await stopped;
  });

  it('wakes by itself at every interval until it is stopped', async () => {
    const { loop, passes, begun } = startLoop();
    loop.wakeEvery(1);
    (await begun(1)).end();
    (await begun(2)).end();
    const stopped = loop.stop();
    for (const pass of passes) pass.end();
    await stopped;
    const count = passes.length;
    await nextTurns();
    expect(passes).toHaveLength(count);
  });
});
