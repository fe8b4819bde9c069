import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Setting } from './setting.js';
import { SETTINGS } from './settings.js';

const EXAMPLE = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');

describe('the table of settings', () => {
  const settings: [string, Setting<unknown>][] = Object.entries(SETTINGS);
  const documented = new Map([...EXAMPLE.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map((match) => [match[1]!, match[2]!]));

  it('has the same names as .env.example, in the same order', () => {
    expect([...documented.keys()]).toEqual(settings.map(([name]) => name));
  });

  it.each(settings)('says in .env.example what %s is when it is not set', (name, setting) => {
    expect(documented.get(name)).toBe(setting.default ?? setting.example ?? '');
    expect(EXAMPLE).toContain(setting.description);
  });

  it.each(settings.filter(([, setting]) => setting.default !== undefined || setting.example !== undefined))('can parse the value shown for %s', (_name, setting) => {
    expect(() => setting.parse((setting.default ?? setting.example)!)).not.toThrow();
  });
});
