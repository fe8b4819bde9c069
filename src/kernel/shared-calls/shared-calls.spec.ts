import { describe, expect, it } from '@jest/globals';
import { SharedCalls } from './shared-calls.js';

describe('SharedCalls', () => {
  /** Calls that end when they are told to. */
  const calls = () => {
    const ends: { resolve: (value: string) => void; reject: (reason: Error) => void }[] = [];
    return { ends, call: () => new Promise<string>((resolve, reject) => ends.push({ resolve, reject })) };
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('gives nobody what was asked for before they asked, and asks once for all who wait', async () => {
    const { ends, call } = calls();
    const shared = new SharedCalls<string>();
    const first = shared.ask('key', call);
    const later = [shared.ask('key', call), shared.ask('key', call), shared.ask('key', call)];
    expect(ends).toHaveLength(1);
    ends[0]!.resolve('old');
    expect(await first).toBe('old');
    await settled();
    expect(ends).toHaveLength(2);
    const last = shared.ask('key', call);
    ends[1]!.resolve('new');
    expect(await Promise.all(later)).toEqual(['new', 'new', 'new']);
    await settled();
    ends[2]!.resolve('newest');
    expect(await last).toBe('newest');
    expect(ends).toHaveLength(3);
  });

  it('asks anew after a failure, for those who waited too', async () => {
    const { ends, call } = calls();
    const shared = new SharedCalls<string>();
    const first = shared.ask('key', call);
    const second = shared.ask('key', call);
    ends[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settled();
    ends[1]!.resolve('here');
    expect(await second).toBe('here');
    void shared.ask('key', call);
    expect(ends).toHaveLength(3);
  });

  it('asks anew after a call that throws at once, whether it was the first or had waited', async () => {
    const { ends, call } = calls();
    const shared = new SharedCalls<string>();
    const throwing = (): Promise<string> => { throw new Error('at once'); };
    await expect(shared.ask('key', throwing)).rejects.toThrow('at once');
    const first = shared.ask('key', call);
    const waiting = shared.ask('key', throwing);
    ends[0]!.resolve('first');
    expect(await first).toBe('first');
    await expect(waiting).rejects.toThrow('at once');
    await settled();
    const later = shared.ask('key', call);
    expect(ends).toHaveLength(2);
    ends[1]!.resolve('later');
    expect(await later).toBe('later');
  });

  it('keeps callers of different keys apart', async () => {
    const { ends, call } = calls();
    const shared = new SharedCalls<string>();
    const both = [shared.ask('one', call), shared.ask('other', call)];
    ends[0]!.resolve('1');
    ends[1]!.resolve('2');
    expect(await Promise.all(both)).toEqual(['1', '2']);
  });
});
