import { readFileSync } from 'node:fs';
import { SettingFault, type Setting } from './setting.js';
import { SETTINGS, type SettingName, type SettingValues } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const given = (environment: Environment, name: string): string | undefined => environment[name]?.trim() || undefined;

function rawValue(environment: Environment, name: SettingName, setting: Setting<unknown>): string | undefined {
  const direct = given(environment, name);
  const path = setting.secret ? given(environment, `${name}_FILE`) : undefined;
  if (path === undefined) return direct ?? setting.default;
  if (direct !== undefined) throw new SettingFault(`and ${name}_FILE are both set; use one`);
  let content: string;
  try {
    content = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SettingFault(`_FILE names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  if (content === '') throw new SettingFault('_FILE names an empty file');
  return content;
}

/** Reads every setting of the table; what is wrong is added to `faults`, and stands as null in the answer. */
export function readSettings(environment: Environment, faults: string[]): SettingValues {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    values[name] = null;
    try {
      const raw = rawValue(environment, name, setting);
      if (raw !== undefined) values[name] = setting.parse(raw);
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error;
      faults.push(error.message.startsWith('_FILE') ? `${name}${error.message}` : `${name} ${error.message}`);
    }
  }
  return values as SettingValues;
}
