import { describe, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLong } from '../proofs/scale.js';
import { CrashRig, isShade } from './crash-rig.js';

describe('a process that is killed at any moment, with several uploads under way', () => {
  const rig = new CrashRig();

  it('leaves the old picture or the new one, whole', async () => {
    for (let round = 0; round < (isLong ? 4 : 2); round += 1) {
      await rig.start();
      const before = { grey: await rig.shown() };
      const pictures = Array.from({ length: 4 }, () => rig.next());
      const answers = pictures.map((picture) => rig.put(picture));
      await sleep(5 + Math.random() * 120);
      await rig.service!.kill();
      const statuses = await Promise.all(answers);
      await rig.start();
      const now = await rig.shown();
      const candidates = statuses.includes(200) ? pictures : [before, ...pictures];
      if (!candidates.some((picture) => isShade(now, picture))) throw new Error(`shown is ${now}; answers ${statuses.join()}`);
      await rig.service!.kill();
    }
  }, 300_000);

  rig.itLeavesNothingThatTheSweepDoesNotFind();
});
