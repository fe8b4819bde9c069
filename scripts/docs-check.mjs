// `npm run docs:check`: the pages name only what there is (links and headings, npm scripts, commands, settings, problem codes, files,
// operations), and every setting and problem code is documented. Needs the build.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultsOf, gapsOf } from './docs/checks.mjs';
import { Page } from './docs/page.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** What other programs read, or is no variable of the environment at all. */
const FOREIGN_NAMES = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NAME_FILE'];
/** Routes outside the document. */
const FOREIGN_OPERATIONS = ['GET /metrics', 'GET /openapi.json', 'GET /docs', 'GET /account', 'GET /'];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
const document = JSON.parse(read('openapi.json'));
const { SETTINGS } = await import('../dist/kernel/config/index.js');
const { PROBLEM_GUIDE } = await import('../dist/app/openapi/problem-guide.js');
const { CommandLine } = await import('../dist/cli/command-line.js');

/** What git ignores is made by a build, which may not have run yet. Of what is not there, git cannot tell that it is a folder. */
const isMade = (path) => [path, `${path}/`].some((name) => spawnSync('git', ['check-ignore', '--quiet', '--', name], { cwd: ROOT }).status === 0);

/** Those that scripts and tests read beside the settings. */
const readVariables = files
  .filter((path) => /^(?:scripts|test|bench|src|docker|\.ci)\//.test(path) && /(?:\.m?[jt]s|\.sh|\/run)$/.test(path) && existsSync(join(ROOT, path)))
  .flatMap((path) => [...read(path).matchAll(/process\.env(?:\.|\[')([A-Z][A-Z0-9_]*)|\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name, inShell]) => name ?? inShell));

/** Dotted words that are no problem codes: values that the document lists, and fields of what it calls users, pictures and sessions. */
const documentedWords = () => {
  const { schemas } = document.components;
  const values = Object.values(schemas).flatMap((schema) => schema.enum ?? Object.values(schema.properties ?? {}).flatMap((property) => property.enum ?? []));
  const fields = { user: 'UserDto', avatar: 'AvatarDto' };
  return [...values, ...Object.entries(fields).flatMap(([name, schema]) => Object.keys(schemas[schema].properties).map((field) => `${name}.${field}`))];
};

const facts = {
  pages: new Map(files.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md' && existsSync(join(ROOT, path))).map((path) => [path, new Page(path, read(path))])),
  exists: (path) => existsSync(join(ROOT, path)) || isMade(path),
  fileNames: new Set(files.map((path) => basename(path))),
  scripts: new Set(Object.keys(JSON.parse(read('package.json')).scripts)),
  program: new CommandLine({}).program(),
  settings: Object.keys(SETTINGS),
  variables: new Set([...Object.entries(SETTINGS).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name])), ...readVariables, ...FOREIGN_NAMES]),
  codes: new Set(Object.keys(PROBLEM_GUIDE)),
  words: new Set(documentedWords()),
  operations: new Set([...FOREIGN_OPERATIONS, ...Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`))]),
};

const faults = [...faultsOf(facts), ...gapsOf(facts)];
if (faults.length === 0) process.exit(0);
console.error(faults.join('\n'));
process.exit(1);
