import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock/index.js';
import type { AppConfig, S3Config } from '../../../kernel/config/index.js';
import type { AvatarStorage } from './avatar-storage.js';
import { LocalAvatarStorage } from './local-avatar-storage.js';

/** The store of pictures that the configuration names. */
export const openAvatarStorage = (config: AppConfig, clock: Clock): Promise<AvatarStorage> =>
  config.storage.kind === 's3' ? openS3(config.storage) : openLocal(config, clock);

/** The S3 client is loaded where it is needed alone: it is large. */
async function openS3(config: S3Config): Promise<AvatarStorage> {
  const { S3AvatarStorage } = await import('./s3-avatar-storage.js');
  return new S3AvatarStorage(config);
}

async function openLocal({ dataDir }: AppConfig, clock: Clock): Promise<AvatarStorage> {
  const storage = new LocalAvatarStorage(join(dataDir, 'avatars'));
  await storage.open(clock.now().getTime());
  return storage;
}
