// Writes clients/typescript/src/schema.gen.ts, the types of openapi.json, when that has changed (`--if-needed`) or in any case.
// It is not committed: openapi.json is, and what is made of it alone cannot drift from it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCUMENT = new URL('../openapi.json', import.meta.url);
const GENERATOR = new URL('../node_modules/openapi-typescript/package.json', import.meta.url);
const FILE = fileURLToPath(new URL('../clients/typescript/src/schema.gen.ts', import.meta.url));

const headOf = () => {
  const hash = createHash('sha256').update(readFileSync(DOCUMENT)).update(readFileSync(GENERATOR)).update(readFileSync(fileURLToPath(import.meta.url))).digest('hex').slice(0, 16);
  return `// Made from openapi.json (${hash}) by scripts/client-types.mjs: do not edit.\n`;
};

async function generate() {
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  const { default: ts } = await import('typescript');
  const blob = ts.factory.createTypeReferenceNode('Blob');
  const nodes = await openapiTS(JSON.parse(readFileSync(DOCUMENT, 'utf8')), {
    // What has a default may be left out of a request.
    defaultNonNullable: false,
    // Bytes are no strings.
    transform: (schema) => (schema.format === 'binary' ? blob : undefined),
  });
  return astToString(nodes);
}

export async function writeClientTypes({ ifNeeded = false } = {}) {
  const head = headOf();
  if (ifNeeded && existsSync(FILE) && readFileSync(FILE, 'utf8').startsWith(head)) return;
  const made = `${FILE}.${process.pid}`;
  writeFileSync(made, head + (await generate()));
  renameSync(made, FILE); // whole, whoever reads meanwhile
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeClientTypes({ ifNeeded: process.argv.includes('--if-needed') });
