// Builds the account page (`web/`) into a folder: hashed names, compressed beforehand, and no more script before the first view than was promised.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPRESSIBLE = /\.(js|css|svg)$/;
/** Of script, in the larger of the two compressions, in either language. */
const FIRST_VIEW_BYTES = 100_000;

const brotli = (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
const gzipped = (bytes) => promisify(gzip)(bytes, { level: 9 });

/** What brings nothing is not kept. */
async function compress(folder) {
  const names = readdirSync(folder).filter((name) => COMPRESSIBLE.test(name));
  const sizes = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      const [small, smaller] = await Promise.all([gzipped(bytes), brotli(bytes)]);
      if (small.length < bytes.length) writeFileSync(`${path}.gz`, small);
      if (smaller.length < bytes.length) writeFileSync(`${path}.br`, smaller);
      return [`assets/${name}`, Math.min(bytes.length, Math.max(small.length, smaller.length))];
    }),
  );
  return new Map(sizes);
}

/** The entry, what it imports at once, and the larger of the languages that it waits for. */
function firstViewOf(chunks, sizes) {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    chunks.get(name).imports.forEach(visit);
  };
  [...chunks.values()].filter(({ isEntry }) => isEntry).forEach(({ fileName }) => visit(fileName));
  const languages = [...chunks.keys()].filter((name) => !seen.has(name) && /\/messages\/[a-z]+\.ts$/.test(chunks.get(name).facadeModuleId ?? ''));
  const weight = (names) => names.reduce((sum, name) => sum + sizes.get(name), 0);
  return weight([...seen]) + Math.max(0, ...languages.map((name) => sizes.get(name)));
}

/** Into `folder`. Throws when something does not compile, or when the page has grown too heavy. */
export async function buildWeb(folder) {
  const { build } = await import('vite');
  const given = process.env.NODE_ENV;
  const { output } = await build({
    root: join(ROOT, 'web'),
    configFile: false,
    logLevel: 'warn',
    // Addresses are relative: the service puts the path before them under which it is reached.
    base: './',
    resolve: { alias: { react: 'preact/compat', 'react-dom': 'preact/compat' } },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  }).finally(() => {
    // Vite says `production` to all of this process, and what it starts would believe it: the service, and the tests.
    if (given === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = given;
  });
  const sizes = await compress(join(folder, 'assets'));
  const bytes = firstViewOf(new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk])), sizes);
  if (bytes > FIRST_VIEW_BYTES) throw new Error(`The account page has ${bytes} bytes of script before its first view, ${FIRST_VIEW_BYTES} at most.`);
  return bytes;
}
