import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { MASTER_KEY_BYTES } from './setting-formats.js';
import { SettingFault } from './setting.js';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

function readKey(path: string): Buffer | null {
  let raw: string;
  try {
    raw = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new SettingFault(`cannot be read from ${path} (${codeOf(error)})`);
  }
  const key = Buffer.from(raw, 'base64');
  if (key.length !== MASTER_KEY_BYTES) throw new SettingFault(`in ${path} is not 32 bytes in base64; restore the file, everything encrypted hangs on it`);
  return key;
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Written whole beside its place and linked there: of racing starts one wins, and a crash leaves no half a key. */
function createKey(path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
    fsyncSync(file);
    closeSync(file);
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** The master key kept in the data folder (mode 0600), made at the first start. Throws `SettingFault`. */
export function keptMasterKey(path: string): Buffer {
  const kept = readKey(path);
  if (kept) return kept;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    createKey(path);
    chmodSync(path, 0o600);
  } catch (error) {
    throw new SettingFault(`cannot be kept in ${path} (${codeOf(error)}); set MASTER_KEY or another DATA_DIR`);
  }
  const made = readKey(path);
  if (!made) throw new SettingFault(`was just written to ${path}, and is not there`);
  return made;
}
