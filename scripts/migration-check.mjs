// Fails when the migrations do not make exactly the tables that the entities describe. Uses a database of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOrExit } from './build.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DATA_SOURCE = 'dist/kernel/database/data-source.js';

await buildOrExit({ ifNeeded: true });
const { EmbeddedPostgres } = await import('../dist/embedded/index.js');
const scratch = mkdtempSync(join(tmpdir(), 'likeness-migrations-'));
chmodSync(scratch, 0o711);
const server = await EmbeddedPostgres.start({ folder: join(scratch, 'postgres'), isDurable: false });

/** Its statements are of interest only when something is wrong. */
function typeorm(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typeorm/cli.js'), ...args, '-d', DATA_SOURCE], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: server.url },
  });
  if (status !== 0) process.stderr.write(stdout + stderr);
  return status ?? 1;
}

let code;
try {
  code = typeorm('migration:run') || typeorm('migration:generate', '--check', '--dryrun', 'src/kernel/database/migrations/drift');
} finally {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
if (code === 0) console.log('The migrations make exactly what the entities describe.');
process.exit(code);
