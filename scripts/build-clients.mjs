// Builds the packages under clients/ into their dist/: those that are named, or all. Their `prepack` calls it, so that what npm packs is never old or empty.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeClientTypes } from './client-types.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

const CLIENTS = ['typescript', 'verify'];

if (!existsSync(COMPILER)) {
  console.error(`The compiler is not installed: run "npm ci --include=dev" in ${ROOT} first.`);
  process.exit(1);
}
const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : CLIENTS) {
  if (name === 'typescript') await writeClientTypes({ ifNeeded: true });
  rmSync(join(ROOT, 'clients', name, 'dist'), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', join(ROOT, 'clients', name)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
