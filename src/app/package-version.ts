import { readFileSync } from 'node:fs';

/** Beside `dist` and `src` alike. */
const PACKAGE_FILE = new URL('../../package.json', import.meta.url);

/** The version of this release. */
export const packageVersion = (): string => (JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }).version;
