// Writes dist/bundle/program.cjs: the compiled service, its command line, and all packages of theirs that are JavaScript alone, in one file.
// Then has it compiled (scripts/compile-bundle.mjs). Nothing is minified: stack traces name functions, and lines can be read.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = join(ROOT, 'dist/bundle/program.cjs');
const COMPILED = join(ROOT, 'dist/bundle/program.compiled');

/** Native code cannot be bundled; what is imported on first use, by name, need not be. */
const APART = /^(sharp|@node-rs\/.+|@resvg\/.+|fontkit)$/;

const DIRECTIVE = /^(?:\s|\/\*[^]*?\*\/|\/\/.*\n)*(['"])use strict\1;?/;
const OWN_REQUIRE = /^const require = createRequire\(import\.meta\.url\);$/m;

/** Each module is told where its own file stands, not the bundle. What a package requires by name is the bundle's copy, not a second one. */
function placed(source, id) {
  const path = JSON.stringify(relative(ROOT, id));
  const code = id.includes('/node_modules/') ? source.replace(OWN_REQUIRE, '') : source;
  if (/\bimport\.meta\b/.test(code)) return code.replace(/\bimport\.meta\b/g, `({ url: __root + ${path} })`);
  if (!/\b__(?:dirname|filename)\b/.test(code)) return code;
  const names = `const __filename = require('node:url').fileURLToPath(__root + ${path}), __dirname = require('node:path').dirname(__filename);`;
  const directive = DIRECTIVE.exec(code)?.[0] ?? '';
  return `${directive}; ${names}${code.slice(directive.length)}`;
}

const nameOf = (id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];

const MIGRATIONS = 'dist/kernel/database/migrations';
const IMPORT_OF_MIGRATION = 'import(new URL(file, FOLDER).href)';

/** Migrations are imported by the names of their files, which are known by now. */
function withMigrations(code) {
  if (!code.includes(IMPORT_OF_MIGRATION)) throw new Error(`migration-files.js has no ${IMPORT_OF_MIGRATION} any more.`);
  const names = readdirSync(join(ROOT, MIGRATIONS)).filter((name) => name.endsWith('.js'));
  return code.replace(IMPORT_OF_MIGRATION, `({ ${names.map((name) => `'${name}': () => import('./migrations/${name}')`).join(', ')} })[file]()`);
}

/** Of no installation for production: an optional one that happens to be here stays outside, where it is found or not found as ever. */
function developmentPackages() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return new Set(Object.keys(packages).filter((path) => packages[path].dev).map((path) => path.replace(/^node_modules\//, '')));
}

/** As the loader reads it (src/bundle/load-program.ts). */
const ascii = (code) => code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What is not found is found missing at run time, as it is without a bundle: Nest offers more than is installed. */
const HARMLESS = new Set(['UNRESOLVED_IMPORT', 'CIRCULAR_DEPENDENCY']);

/** Throws when something cannot be bundled or does not start. */
export async function buildBundle() {
  const { rolldown } = await import('rolldown');
  const forDevelopment = developmentPackages();
  const bundle = await rolldown({
    input: join(ROOT, 'dist/bundle/program.js'),
    cwd: ROOT,
    platform: 'node',
    external: (id) => isBuiltin(id) || APART.test(id) || forDevelopment.has(nameOf(id)),
    plugins: [
      { name: 'migrations', transform: { filter: { id: /\/dist\/kernel\/database\/migration-files\.js$/ }, handler: withMigrations } },
      { name: 'places', transform: { filter: { id: /^\/.*\.[cm]?js$/ }, handler: placed } },
    ],
    onLog: (level, log) => HARMLESS.has(log.code) || console.log(`${log.code}: ${log.message}`),
  });
  const { output } = await bundle.generate({ format: 'cjs', codeSplitting: false, keepNames: true, dynamicImportInCjs: false });
  await bundle.close();
  const [{ code }] = output;
  // V8 knows a source by its length alone: what was compiled of another one goes first.
  rmSync(COMPILED, { force: true });
  writeFileSync(FILE, `(function (exports, require, __root) {${ascii(code)}\n})`);
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/compile-bundle.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The bundle does not start.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBundle();
