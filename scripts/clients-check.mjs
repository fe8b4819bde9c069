// Two more generators read openapi.json, and what they make must compile strictly, with a program that uses it without a cast.
// Clients of other teams are made this way: a document that only our own generator understands is no document.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'openapi.json');
const CONSUMERS = join(ROOT, 'clients/generators');
const run = promisify(execFile);
const node = (...args) => run(process.execPath, args, { cwd: ROOT, maxBuffer: 2 ** 24 });

const GENERATORS = {
  'hey-api': (folder) => node('node_modules/@hey-api/openapi-ts/bin/run.js', '--input', DOCUMENT, '--output', folder, '--client', '@hey-api/client-fetch', '--silent', '--no-log-file'),
  'swagger-typescript-api': (folder) => node('node_modules/swagger-typescript-api/dist/cli.mjs', 'generate', '--path', DOCUMENT, '--output', folder, '--silent', '--extract-enums'),
};

const OPTIONS = {
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
  strict: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noEmit: true,
};

async function check(name) {
  const folder = mkdtempSync(join(tmpdir(), `likeness-${name}-`));
  try {
    await GENERATORS[name](join(folder, 'client'));
    copyFileSync(join(CONSUMERS, `${name}.consumer.ts`), join(folder, 'consumer.ts'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, include: ['**/*.ts'] }));
    const files = readdirSync(join(folder, 'client'), { recursive: true }).filter((file) => file.endsWith('.ts'));
    await node('node_modules/typescript/bin/tsc', '-p', folder);
    return { name, files: files.length };
  } catch (error) {
    throw new Error(`${name}:\n${error.stdout ?? ''}${error.stderr ?? ''}${error.message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const outcomes = await Promise.allSettled(Object.keys(GENERATORS).map(check));
for (const outcome of outcomes) {
  if (outcome.status === 'fulfilled') console.log(`${outcome.value.name}: ${outcome.value.files} files compile strictly`);
  else console.error(outcome.reason.message);
}
if (outcomes.some(({ status }) => status === 'rejected')) process.exit(1);
