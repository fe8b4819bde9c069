// Builds the packages under clients/ into their dist/.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeClientTypes } from './client-types.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

await writeClientTypes({ ifNeeded: true });
for (const name of ['typescript', 'verify']) {
  rmSync(join(ROOT, 'clients', name, 'dist'), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', join(ROOT, 'clients', name)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
