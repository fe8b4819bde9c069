import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathWithCurl } from '../../scripts/curl-binary.mjs';
import { freePort } from '../kit/free-port.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the guide's commands use of the clone. */
const CLONE = ['package.json', 'node_modules', 'scripts', 'dist', 'clients'];

const GUIDE = readFileSync(join(ROOT, 'docs/guide.md'), 'utf8');
const [START, ...COMMANDS] = [...GUIDE.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);

let folder: string;
let ports: Readonly<Record<string, number>>;
let environment: NodeJS.ProcessEnv;
let service: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-guide-'));
  chmodSync(folder, 0o711);
  for (const name of CLONE) symlinkSync(join(ROOT, name), join(folder, name));
  ports = { 3000: await freePort(), 8080: await freePort() };
  environment = { PATH: pathWithCurl(), HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, PORT: String(ports['3000']), METRICS_PORT: '0' };
  service = spawn(process.execPath, ['dist/bundle/main.js'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const isReady = new Promise<void>((resolve, reject) => {
    let said = '';
    service.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()).includes('Likeness is ready') && resolve());
    service.once('exit', () => reject(new Error(`The service ended: ${said}`)));
  });
  await isReady;
});
afterAll(async () => {
  const ended = once(service, 'exit');
  if (service.exitCode === null && service.kill('SIGTERM')) await ended;
  rmSync(folder, { recursive: true, force: true });
});

it('starts the service with the command of the README', () => {
  expect(START).toBe('npm ci && npm start\n');
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('`npm ci && npm start`');
});

it('has commands that all work in order, and give what it says', async () => {
  expect(COMMANDS.length).toBeGreaterThan(8);
  const script = COMMANDS.map((block, index) => `echo "== ${index + 1}"\n${block}`).join('\n');
  const { code, output } = await shell(script.replace(/(?:127\.0\.0\.1|localhost):(3000|8080)|listen\((8080)/g, (text, first?: string, second?: string) => text.replace(/\d+$/, String(ports[first ?? second!]))));
  expect([code, output]).toEqual([0, expect.any(String)]);
  for (const said of [
    /^\{"status":"ok"/m, // readiness
    /"displayName":"Ada Lovelace"/,
    /"kind":"uploaded"/,
    /^another picture$/m,
    /^304$/m,
    /"deviceName":"Ada’s phone"/,
    /^204$/m,
    /"code":"auth\.session_ended"/,
    /^Ada Lovelace is signed in 2 times$/m,
    /^\{"of":"[0-9a-f-]{36}"\}/m,
    /401$/m,
    /ada@example\.org/,
  ]) {
    expect(output).toMatch(said);
  }
});

/** In one shell that stops at the first command that fails. */
const shell = async (script: string): Promise<{ readonly code: number | null; readonly output: string }> => {
  const child = spawn('bash', ['-eu', '-o', 'pipefail'], { cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(script);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
};
