// `npm run sbom [-- --installed] [-- file]`: a CycloneDX list of what the service is made of when it runs (no development packages); to the standard output without a file.
// By package-lock.json, for every platform; --installed: only what stands in node_modules. The same packages give the same list.
// Not by `npm sbom --omit dev`: npm 11 leaves out what a development package needs too, @nestjs/core and rxjs among it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
const FOLDER = 'node_modules/';
const read = (file) => JSON.parse(readFileSync(new URL(file, ROOT), 'utf8'));
const given = process.argv.slice(2);
const file = given.find((argument) => !argument.startsWith('--'));

const { name, version, description, license } = read('package.json');
/** By the folder that each stands in: `node_modules/a/node_modules/b`. */
const { packages } = read('package-lock.json');
const isThere = (path) => !given.includes('--installed') || existsSync(fileURLToPath(new URL(path, ROOT)));
const shipped = Object.keys(packages).filter((path) => path.startsWith(FOLDER) && !packages[path].dev && !packages[path].link && isThere(path));

const nameOf = (path) => packages[path].name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
/** https://github.com/package-url/purl-spec: the @ of a scope is escaped. */
const purlOf = (path) => `pkg:npm/${nameOf(path).replace('@', '%40')}@${packages[path].version}`;
const licensesOf = (text) => (text === undefined ? {} : { licenses: [/^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text }] });
const hashesOf = (integrity = '') =>
  integrity.split(' ').filter((part) => part.startsWith('sha512-')).map((part) => ({ alg: 'SHA-512', content: Buffer.from(part.slice(7), 'base64').toString('hex') })); // prettier-ignore

const componentOf = (path) => ({
  type: 'library',
  'bom-ref': purlOf(path),
  name: nameOf(path),
  version: packages[path].version,
  scope: packages[path].optional ? 'optional' : 'required',
  hashes: hashesOf(packages[path].integrity),
  ...licensesOf(packages[path].license),
  purl: purlOf(path),
});

/** Where Node.js finds `wanted` from a folder: the nearest one up the tree. */
function resolved(wanted, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(`/${FOLDER}`)))) {
    const path = `${at === '' ? '' : `${at}/`}${FOLDER}${wanted}`;
    if (shipped.includes(path)) return path;
    if (at === '') return undefined;
  }
}

const dependenciesOf = (path, { dependencies, optionalDependencies, peerDependencies }) => {
  const wanted = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return [...new Set(wanted.map((one) => resolved(one, path)).filter(Boolean).map(purlOf))].sort();
};

const own = `pkg:npm/${name}@${version}`;
const unique = [...new Map(shipped.map((path) => [purlOf(path), path])).values()].sort((a, b) => (purlOf(a) < purlOf(b) ? -1 : 1));
const bom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', 'bom-ref': own, name, version, description, ...licensesOf(license), purl: own } },
  components: unique.map(componentOf),
  dependencies: [{ ref: own, dependsOn: dependenciesOf('', packages['']) }, ...unique.map((path) => ({ ref: purlOf(path), dependsOn: dependenciesOf(path, packages[path]) }))],
};

const out = `${JSON.stringify(bom, null, 2)}\n`;
if (file === undefined) process.stdout.write(out);
else {
  writeFileSync(file, out);
  console.log(`${file}: ${bom.components.length} components`);
}
