import { describe, expect, it } from '@jest/globals';
import type { AppConfig } from '../../../kernel/config/index.js';
import { PasswordPolicy } from './password-policy.js';

const policy = new PasswordPolicy({ passwordMinLength: 10 } as AppConfig);
const ada = { email: 'ada.lovelace@example.test', username: 'countess', displayName: 'Ada King Lovelace' };
const codesOf = (password: string): string[] => policy.check(password, ada).map(({ code }) => code);

describe('a password', () => {
  it.each(['correct horse battery', 'ünïcödé-пароль', '🐎🔋📎🐎🔋📎🐎🐎🔋📌', 'lovelace of the analytical engine', 'a'.repeat(5) + 'bcd efgh xyz', 'e\u0301'.repeat(10), '密码'.repeat(5), 'a'.repeat(64), 'a'.repeat(1024), 'ü'.repeat(512)])('may be %j', (password) => {
    expect(codesOf(password)).toEqual([]);
  });

  it.each([
    ['short', 'password.too_short'],
    // Ten code points, five letters: NFC counts.
    ['e\u0301'.repeat(5), 'password.too_short'],
    ['x1'.repeat(513), 'password.too_long'],
    ['QwertyUIOP', 'password.too_common'],
    ['1234567890', 'password.too_common'],
    ['aaaaaaaaaaaa', 'password.too_common'],
    ['abcdefghijkl', 'password.too_common'],
    ['abcabcabcabc', 'password.too_common'],
    ['countess2026!', 'password.contains_name'],
    ['LovelaceLovelace', 'password.contains_name'],
    ['ada.lovelace@example.test', 'password.contains_name'],
    ['adakinglovelace', 'password.contains_name'],
    ['with\u0000nul in it', 'password.invalid'],
    ['lone \ud800 surrogate', 'password.invalid'],
  ])('may not be %j: %s', (password, code) => {
    expect(codesOf(password)).toEqual([code]);
  });
});
