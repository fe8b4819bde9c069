import { loadConfig, type AppConfig, type SettingName } from '../../src/kernel/config/index.js';
import { testEnvironment } from './environment.js';

/** The environment of a quiet instance, as the service reads it. */
export const testConfig = (settings: Partial<Record<SettingName, string>> = {}): AppConfig => loadConfig(testEnvironment(settings));
