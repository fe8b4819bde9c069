import { describe, expect, it } from '@jest/globals';
import { WorkGate } from './work-gate.js';

const held = (): { promise: Promise<void>; release: () => void } => {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => (release = resolve));
  return { promise, release };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('runs no more at once than it may, and the waiting in order', async () => {
    const gate = new WorkGate(2, 10, () => new Error('full'));
    const holds = [held(), held(), held(), held()];
    const started: number[] = [];
    const runs = holds.map((hold, index) => gate.run(() => (started.push(index), hold.promise)));
    await turn();
    expect(started).toEqual([0, 1]);
    holds[1]!.release();
    await turn();
    expect(started).toEqual([0, 1, 2]);
    for (const hold of holds) hold.release();
    await Promise.all(runs);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('refuses what comes beyond the queue, and is free again after failures', async () => {
    const gate = new WorkGate(1, 1, () => new Error('full'));
    const hold = held();
    const running = gate.run(() => hold.promise);
    const waiting = gate.run(() => Promise.reject(new Error('its own')));
    await expect(gate.run(() => Promise.resolve())).rejects.toThrow('full');
    hold.release();
    await running;
    await expect(waiting).rejects.toThrow('its own');
    await expect(gate.run(() => Promise.resolve('free'))).resolves.toBe('free');
  });
});
