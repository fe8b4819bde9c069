// curl for the tests that run documented commands: from PATH, else Debian's package unpacked into a private folder, without root.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';

const WHAT_TO_DO = 'These tests run documented commands and need curl. Put it on the PATH (Debian, Ubuntu: apt-get install curl).';

const works = (command, env = {}) => spawnSync(command, ['--version'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;

/** Its libraries are its own: other programs of the same shell keep theirs. */
function wrapped({ folder, libraryPath }) {
  const file = join(folder, 'curl');
  if (!existsSync(file)) writeFileSync(file, `#!/bin/sh\nLD_LIBRARY_PATH='${libraryPath}' exec '${folder}/usr/bin/curl' "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

/** A PATH on which there is curl. Throws an error that says what to do. */
export function pathWithCurl() {
  const path = process.env.PATH ?? '';
  if (works('curl')) return path;
  let reason = '';
  try {
    const unpacked = debianPackages('curl', ['curl'], ({ folder, env }) => works(join(folder, 'usr/bin/curl'), env));
    if (unpacked) return [wrapped(unpacked), path].join(delimiter);
  } catch (error) {
    reason = `\n(Unpacking the package failed: ${error.message.split('\n').slice(0, 3).join(' ')})`;
  }
  throw new Error(WHAT_TO_DO + reason);
}
