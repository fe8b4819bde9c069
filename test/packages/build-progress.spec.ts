import { describe, expect, it } from '@jest/globals';
import { BuildProgress } from '../../scripts/build-progress.mjs';

/** A stream that keeps what it is given, and a clock that stands unless it is moved. */
const stage = (isTTY: boolean) => {
  const written: string[] = [];
  const clock = { now: 0 };
  const out = { isTTY, columns: 80, write: (text: string) => void written.push(text) };
  return { written, clock, progress: new BuildProgress(['service', 'page', 'bundle'], { out, clock: () => clock.now }) };
};
const run = async ({ clock, progress }: ReturnType<typeof stage>): Promise<void> => {
  await Promise.all([progress.step('service', async () => (clock.now = 12_000)), progress.step('page', async () => undefined)]);
  await progress.step('bundle', () => (clock.now += 2_400));
  progress.end();
};

describe('the progress of a build', () => {
  it('is a line for each step, with its time, where nobody watches', async () => {
    const stream = stage(false);
    await run(stream);
    expect(stream.written.join('')).toBe(
      'Building what has changed (service, page, bundle)…\n  service: done after 12.0 s (1 of 3)\n  page: done after 0.0 s (2 of 3)\n  bundle: done after 2.4 s (3 of 3)\n',
    );
  });

  it('is one line that is written over on a terminal, and left behind whole', async () => {
    const stream = stage(true);
    await run(stream);
    const drawn = stream.written.join('').split('\r\u001b[K').slice(1);
    expect(drawn[0]).toBe('Building: service, page, bundle');
    expect(drawn).toContain('Building: service 0 s…, page, bundle');
    expect(drawn.at(-1)).toBe('Building: service ✓ 12 s, page ✓ 0 s, bundle ✓ 2 s\n');
    expect(drawn.slice(0, -1).join('')).not.toContain('\n');
  });

  it('ends its line when a step fails, and hands the fault on', async () => {
    const stream = stage(true);
    await expect(stream.progress.step('service', () => Promise.reject(new Error('does not compile')))).rejects.toThrow('does not compile');
    stream.progress.end();
    expect(stream.written.at(-1)).toBe('\n');
  });
});
