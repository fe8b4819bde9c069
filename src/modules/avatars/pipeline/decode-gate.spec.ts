import { describe, expect, it } from '@jest/globals';
import { DecodeGate } from './decode-gate.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('DecodeGate', () => {
  it('never runs more tasks than it may, failures included', async () => {
    const gate = new DecodeGate(3, { upload: 100, variant: 100 });
    let [running, most] = [0, 0];
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => gate.run(index % 2 ? 'upload' : 'variant', async () => {
      most = Math.max(most, (running += 1));
      await turn();
      running -= 1;
      if (index % 5 === 0) throw new Error('broken');
    })));
    expect([most, running, outcomes.filter(({ status }) => status === 'rejected').length]).toEqual([3, 0, 8]);
  });

  it('serves both queues in turn, each in order', async () => {
    const gate = new DecodeGate(1, { upload: 10, variant: 10 });
    const served: string[] = [];
    const names = ['variant 0', 'variant 1', 'variant 2', 'variant 3', 'upload 1', 'upload 2'];
    await Promise.all(names.map((name) => gate.run(name.startsWith('upload') ? 'upload' : 'variant', async () => {
      served.push(name);
      await turn();
    })));
    expect(served).toEqual(['variant 0', 'upload 1', 'variant 1', 'upload 2', 'variant 2', 'variant 3']);
  });

  it('runs no more of one lane than it may, and the other beside it', async () => {
    const gate = new DecodeGate(3, { upload: 100, variant: 100 }, 1);
    const running = { upload: 0, variant: 0 };
    const seen = new Set<string>();
    await Promise.all(Array.from({ length: 40 }, (_, index) => {
      const lane = index % 4 ? 'variant' : 'upload';
      return gate.run(lane, async () => {
        running[lane] += 1;
        seen.add(`${running.upload} and ${running.variant}`);
        await turn();
        running[lane] -= 1;
      });
    }));
    expect([...seen].sort()).toEqual(['0 and 1', '1 and 0', '1 and 1']);
    expect(running).toEqual({ upload: 0, variant: 0 });
  });

  it('makes one variant at a time, however many uploads are under way', async () => {
    const gate = new DecodeGate(2, { upload: 0, variant: 10 });
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const uploads = [gate.run('upload', () => finished), gate.run('upload', () => finished)];
    const made: number[] = [];
    await Promise.all([1, 2, 3].map((each) => gate.run('variant', async () => void made.push(each))));
    expect(made).toEqual([1, 2, 3]);
    finish();
    await Promise.all(uploads);
  });

  it('lets a variant in when an upload takes the place of the last one', async () => {
    const gate = new DecodeGate(2, { upload: 10, variant: 10 });
    const order: string[] = [];
    const begun = (name: string): Promise<void> => new Promise((resolve) => {
      order.push(name);
      ends.set(name, resolve);
    });
    const ends = new Map<string, () => void>();
    const work = ['upload 1', 'upload 2', 'variant 1', 'upload 3', 'variant 2'].map((name) => gate.run(name.startsWith('upload') ? 'upload' : 'variant', () => begun(name)));
    await turn();
    ends.get('upload 1')!();
    await turn();
    ends.get('variant 1')!(); // one upload is left, and two wait: there is room for both, now that no variant runs
    await turn();
    expect(order.slice(3).sort()).toEqual(['upload 3', 'variant 2']);
    for (const end of ends.values()) end();
    await Promise.all(work);
  });

  it('refuses what does not fit into its queue, and only that queue', async () => {
    const gate = new DecodeGate(1, { upload: 1, variant: 0 });
    const running = [gate.run('upload', turn), gate.run('upload', turn), gate.run('variant', turn)];
    await expect(gate.run('upload', turn)).rejects.toMatchObject({ code: 'avatar.busy', status: 503, headers: { 'Retry-After': '2' } });
    await expect(gate.run('variant', turn)).rejects.toMatchObject({ code: 'avatar.busy' });
    await Promise.all(running);
    await expect(gate.run('variant', async () => 'served')).resolves.toBe('served');
  });
});
