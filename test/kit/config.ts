import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type AppConfig, type SettingName } from '../../src/kernel/config/index.js';

/** The configuration of a quiet instance on any free port, with a data folder of its own; `settings` as in the environment. */
export function testConfig(settings: Partial<Record<SettingName, string>> = {}): AppConfig {
  return loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    METRICS_PORT: '0',
    PUBLIC_URL: 'http://likeness.test',
    LOG_LEVEL: 'silent',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    DATA_DIR: settings.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'likeness-test-')),
    ...settings,
  });
}
