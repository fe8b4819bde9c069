// The TypeScript of docs/clients.md compiles as it stands there, strictly, against the packages in clients/.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const blocks = [...readFileSync(join(ROOT, 'docs/clients.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
if (blocks.length === 0) throw new Error('docs/clients.md shows no TypeScript any more.');

// Inside the project, where the packages that the blocks import are found.
const folder = mkdtempSync(join(ROOT, 'node_modules', '.likeness-docs-'));
try {
  for (const [index, code] of blocks.entries()) writeFileSync(join(folder, `block-${index + 1}.mts`), code);
  const paths = { '@likeness/client': ['clients/typescript/src/index.ts'], '@likeness/verify': ['clients/verify/src/index.ts'], '@likeness/verify/*': ['clients/verify/src/*.ts'] };
  const options = {
    target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'], module: 'nodenext', moduleResolution: 'nodenext', strict: true, skipLibCheck: true, noEmit: true, experimentalDecorators: true, emitDecoratorMetadata: true,
    paths: Object.fromEntries(Object.entries(paths).map(([name, files]) => [name, files.map((file) => join(ROOT, file))])),
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.mts'] }));
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'inherit', cwd: ROOT });
  if (status !== 0) process.exitCode = 1;
  else console.log(`docs/clients.md: ${blocks.length} blocks compile strictly`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
