import { expect, it } from '@jest/globals';
import type { AppConfig } from '../../../kernel/config/index.js';
import type { UsersService } from '../../users/index.js';
import type { GeneratedLeftoversRepository } from '../keeping/generated-leftovers.repository.js';
import type { PictureBytes } from '../storage/picture-bytes.js';
import { GeneratedRemains } from './generated-remains.js';
import { SweepTally } from './sweep-report.js';

it.each([[2_592_000, 86_400], [3_600, 3_600]])('generated pictures of former names are kept for a day at most (setting: %i s, kept: %i s)', async (supersededTtlSeconds, keptSeconds) => {
  const asked: number[] = [];
  const leftovers = { forget: async () => undefined, note: async () => undefined, overdueAmong: async (_keys: string[], ttlSeconds: number) => (asked.push(ttlSeconds), []) };
  const remains = new GeneratedRemains(
    {} as PictureBytes,
    leftovers as unknown as GeneratedLeftoversRepository,
    { generatedKeysInUse: async () => [] } as unknown as UsersService,
    { avatars: { supersededTtlSeconds } } as AppConfig,
  );
  await remains.sweep(['a'], new SweepTally({ dryRun: false }));
  expect(asked).toEqual([keptSeconds]);
});
