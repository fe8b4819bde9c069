export * from './app-config.js';
export { ConfigError } from './config-error.js';
export { configWarnings } from './config-warnings.js';
export { ConfigModule } from './config.module.js';
export { loadConfig, withDatabaseUrl } from './load-config.js';
export { SETTINGS, type SettingName, type SettingValues } from './settings.js';
export { MAX_SESSIONS_PER_USER } from './setting-formats.js';
export type { Setting } from './setting.js';
export type { Environment } from './settings-reader.js';
