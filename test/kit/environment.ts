import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingName } from '../../src/kernel/config/index.js';

/** The environment of a quiet instance on any free port, with a data folder of its own unless `settings` name one. */
export const testEnvironment = (settings: Partial<Record<SettingName, string>> = {}): Record<string, string> & { readonly DATA_DIR: string } => ({
  NODE_ENV: 'test',
  PORT: '0',
  METRICS_PORT: '0',
  PUBLIC_URL: 'http://likeness.test',
  LOG_LEVEL: 'silent',
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  // A machine that is busy with other tests is not a database that is away.
  DATABASE_CONNECT_TIMEOUT_MS: '30000',
  DATA_DIR: settings.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'likeness-test-')),
  ...settings,
});
