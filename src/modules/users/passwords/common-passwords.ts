import { readFileSync } from 'node:fs';

/** The passwords that are tried first, of any length from 8 characters, in lower case. */
export function loadCommonPasswords(): ReadonlySet<string> {
  const lines = readFileSync(new URL('./common-passwords.txt', import.meta.url), 'utf8').split('\n');
  return new Set(lines.slice(lines.indexOf('') + 1).filter((line) => line !== ''));
}
