import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Config, SettingName } from '../../src/kernel/config/index.js';
import { ArchiveReader } from '../../src/kernel/archive/index.js';
import { ARCHIVED_TABLES, sectionOf } from '../../src/modules/archive/index.js';
import type { Shape } from '../kit/service.js';
import { withDatabase } from '../kit/postgres.js';
import { testRedis } from '../kit/redis.js';

export type Settings = Partial<Record<SettingName, string>>;

/** The settings of an instance that nobody has used, on stores of its own. */
export interface FreshInstance {
  readonly settings: Settings;
  drop(): Promise<void>;
}

export const s3Settings = (config: S3Config, prefix: string): Settings => ({
  STORAGE: 's3',
  S3_ENDPOINT: config.endpoint,
  S3_REGION: config.region,
  S3_BUCKET: config.bucket,
  S3_PREFIX: prefix,
  S3_ACCESS_KEY_ID: config.accessKeyId,
  S3_SECRET_ACCESS_KEY: config.secretAccessKey,
  S3_FORCE_PATH_STYLE: 'on',
});

export async function freshInstance(shape: Shape, storage: Settings): Promise<FreshInstance> {
  const database = await withDatabase();
  const redis = shape === 'PostgreSQL and Redis' ? await testRedis() : null;
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-instance-'));
  return {
    // prettier-ignore
    settings: { DATABASE_URL: database.url, DATA_DIR: dataDir, PUBLIC_URL: 'http://likeness.test', AVATAR_DEFAULT: 'picture', BOOTSTRAP_TOKEN: 'first', RATE_LIMITS: 'off', ...(redis && { REDIS_URL: redis.url }), ...storage },
    drop: async () => void (await Promise.all([database.drop(), redis?.close()])),
  };
}

/** Everything in an archive: rows by table, files by name, whatever their order. */
export async function contentsOf(path: string): Promise<Record<string, string[]>> {
  const reader = await ArchiveReader.open(path, Buffer.alloc(32, 7));
  const contents: Record<string, string[]> = {};
  for await (const item of reader.items(new Set(['pictures/sources', 'pictures/variants', ...ARCHIVED_TABLES.map(sectionOf)]))) {
    const list = (contents[item.section] ??= []);
    if ('rows' in item) list.push(...item.rows);
    else list.push(`${item.name} ${item.bytes.toString('base64')}`);
  }
  for (const list of Object.values(contents)) list.sort();
  return contents;
}
