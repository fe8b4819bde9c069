import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock/index.js';
import type { AppConfig, S3Config } from '../../../kernel/config/index.js';
import type { AvatarStorage } from './avatar-storage.js';
import { LocalAvatarStorage } from './local-avatar-storage.js';

/** Below the data folder. */
const PICTURES = 'avatars';

/** The store of pictures that the configuration names. */
export const openAvatarStorage = (config: AppConfig, clock: Clock): Promise<AvatarStorage> =>
  config.storage.kind === 's3' ? openS3(config.storage) : openLocal(config, clock);

/**
 * Whether the store can be written and read, without making what is not there: false when its folders are not there yet, though they could be
 * made. Throws `avatar.storage_unavailable`.
 */
export async function probeAvatarStorage({ storage, dataDir }: AppConfig): Promise<boolean> {
  if (storage.kind !== 's3') {
    const local = new LocalAvatarStorage(join(dataDir, PICTURES));
    const isThere = await local.isThere();
    if (isThere) await local.probe();
    return isThere;
  }
  const bucket = await openS3(storage);
  try {
    await bucket.probe();
    return true;
  } finally {
    bucket.close();
  }
}

/** The S3 client is loaded where it is needed alone: it is large. */
async function openS3(config: S3Config): Promise<AvatarStorage> {
  const { S3AvatarStorage } = await import('./s3-avatar-storage.js');
  return new S3AvatarStorage(config);
}

async function openLocal({ dataDir }: AppConfig, clock: Clock): Promise<AvatarStorage> {
  const storage = new LocalAvatarStorage(join(dataDir, PICTURES));
  await storage.open(clock.now().getTime());
  return storage;
}
