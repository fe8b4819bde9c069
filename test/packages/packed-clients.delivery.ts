import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../kit/free-port.mjs';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { BUNDLED_MAIN, SpawnedService } from '../kit/spawned-service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');
const CLIENTS = ['typescript', 'verify'] as const;
/** What the clients depend on. It is linked from node_modules, so that nothing is asked of a registry. */
const LIBRARIES = ['openapi-fetch', 'openapi-typescript-helpers', 'jose', 'lru-cache'];

/** Uses both packages as a program of somebody else would. */
const PROGRAM = `
import { createLikenessClient } from '@likeness/client';
import { keySetVerifier, type Caller } from '@likeness/verify';

const [, , baseUrl = ''] = process.argv;
const likeness = createLikenessClient({ baseUrl, transport: 'body' });
const { error } = await likeness.register({ email: 'ada@example.test', username: 'ada', password: 'seven quiet lighthouses' });
if (error) throw new Error(error.code);
const { data: me } = await likeness.api.GET('/v1/users/me');
const caller: Caller = await keySetVerifier({ issuer: baseUrl }).verify(await likeness.session.accessToken() ?? '');
console.log(caller.userId === me?.id ? 'let in as ' + me.username : 'somebody else');
`;
const OPTIONS = { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2023', 'dom'], types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], strict: true };

let folder: string;
let project: string;
let client: string;
let verify: string;
let database: TestDatabase;
let service: SpawnedService;

const run = (command: string, args: readonly string[], cwd: string): string => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** The files that `npm pack` makes of the clients in `tree`. */
const packed = (tree: string): readonly string[] => {
  const made = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', folder, ...CLIENTS.map((name) => `./clients/${name}`)], tree)) as { filename: string }[];
  return made.map(({ filename }) => `file:${join(folder, filename)}`);
};

/** A tree in which nothing was built, with the installed packages beside it. */
function cleanTree(): string {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  for (const name of ['scripts', 'clients', 'openapi.json', 'package.json', '.npmrc']) cpSync(join(ROOT, name), join(tree, name), { recursive: true, filter: (path) => !/\/dist$|\.gen\.ts/.test(path) });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-packed-'));
  project = join(folder, 'project');
  mkdirSync(project);
  [client, verify] = packed(cleanTree()) as [string, string];
  database = await withDatabase();
  const port = String(await freePort());
  service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: join(folder, 'data'), PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` }, { main: BUNDLED_MAIN });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('the packed clients install into an empty project, compile there under strict, and run', () => {
  const libraries = Object.fromEntries(LIBRARIES.map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`]));
  const dependencies = { '@likeness/client': client, '@likeness/verify': verify, ...libraries };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'somebody-else', private: true, type: 'module', dependencies }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: ['program.ts'] }));
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  run('npm', ['install', '--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], project);
  run(process.execPath, [COMPILER, '-p', '.'], project);
  expect(run(process.execPath, ['program.js', service.url], project)).toBe('let in as ada\n');
});

it.each(CLIENTS)('clients/%s is packed with its licence', (name) => {
  const licence = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
  expect(readFileSync(join(ROOT, 'clients', name, 'LICENSE'), 'utf8')).toBe(licence);
  const installed = join(project, 'node_modules/@likeness', name === 'typescript' ? 'client' : name);
  expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toBe(licence);
  expect(existsSync(join(installed, 'src'))).toBe(false);
});
