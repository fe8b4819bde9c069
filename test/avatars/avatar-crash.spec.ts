import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { eventually } from '../kit/eventually.js';
import { isLong } from '../proofs/scale.js';
import { CrashRig, isShade } from './crash-rig.js';

const KILLER = fileURLToPath(new URL('./killer.preload.mjs', import.meta.url));

/** From the first file of a variant to the first word to the database after it. */
const isMakingReadyAt = (deaths: readonly string[]): boolean => {
  const since = deaths.findIndex((death) => death.includes('/variants/'));
  return since >= 0 && !deaths.slice(since).some((death) => /: (?:before|after) [A-Z]/.test(death));
};

describe('a process that is killed at a step of an upload', () => {
  const rig = new CrashRig();

  it('leaves the old picture or the new one, whole, at every step of the way', async () => {
    const deaths: string[] = [];
    let possible = [{ grey: 0 }];
    // What is made ready before the row names it is steps over steps of one kind: every fifth. A short run takes every twentieth of the others, beginning anywhere.
    const [first, stride] = isLong ? [1, 1] : [1 + randomInt(20), 20];
    for (let step = first; ; step += isMakingReadyAt(deaths) ? Math.max(5, stride) : stride) {
      const service = await rig.start(KILLER, step);
      // What the last death has left, seen by the process that is to die next.
      const before = { grey: await rig.shown() };
      if (step > first && !possible.some((picture) => isShade(before.grey, picture))) throw new Error(`${deaths.at(-1)}: ${before.grey} is shown, none of ${JSON.stringify(possible)}`);
      service.signal('SIGUSR2');
      await eventually('the process is armed', () => service.words.includes('armed'));
      const picture = rig.next();
      possible = [before, picture];
      const status = await rig.put(picture);
      if (status !== 0) {
        expect(status).toBe(200);
        await service.kill(); // armed still, it would die of a look
        await rig.start();
        expect(isShade(await rig.shown(), picture)).toBe(true);
        break;
      }
      await service.ended;
      deaths.push(/killed at step \d+: .*/.exec(service.words)?.[0] ?? `step ${step}: the answer was lost`);
    }
    const told = deaths.join('\n');
    expect(deaths.length).toBeGreaterThan(15 / stride);
    if (isLong) for (const point of ['before writeFile', 'before sync', 'before rename', 'before UPDATE "users"', 'before COMMIT', 'after COMMIT']) {
      expect(told).toContain(point);
    }
  }, 600_000);

  rig.itLeavesNothingThatTheSweepDoesNotFind();
});
