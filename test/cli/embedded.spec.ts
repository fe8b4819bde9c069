import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandProcess } from './command.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PASSWORD = 'seven quiet lighthouses';

describe('the command line with the embedded database', () => {
  let dataDir: string;
  let service: ChildProcess | null = null;

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
    chmodSync(dataDir, 0o711);
  });
  afterAll(async () => {
    if (service && service.exitCode === null) {
      service.kill('SIGTERM');
      await once(service, 'exit');
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  const startService = async (): Promise<string> => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, DATA_DIR: dataDir, PORT: '0', METRICS_PORT: '0' };
    service = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const chunk of service.stdout!.setEncoding('utf8')) {
      said += String(chunk);
      const url = /API +(http:\S+)\/v1/.exec(said)?.[1];
      if (url) return url;
    }
    throw new Error(`the service did not start: ${said}`);
  };

  it('starts it when no service runs, then uses that of the service that does', async () => {
    const settings = { DATA_DIR: dataDir, MASTER_KEY: '' };
    const first = await commandProcess(settings, ['users', 'create', '--email', 'ada@example.test', '--username', 'ada', '--admin', '--json'], PASSWORD);
    expect(first).toMatchObject({ code: 0, json: { username: 'ada', roles: ['admin'] } });

    const url = await startService();
    const login = await fetch(`${url}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: 'ada', password: PASSWORD }),
    });
    expect(login.status).toBe(200);
    const { accessToken } = (await login.json()) as { accessToken: string };

    expect(await commandProcess(settings, ['keys', 'list', '--json'])).toMatchObject({ code: 0, json: [{ state: 'active' }] });
    expect(await commandProcess(settings, ['tokens', 'audit', '--json'])).toMatchObject({ code: 0, json: { store: 'postgresql', findingCount: 0 } });
    const other = await commandProcess(settings, ['users', 'create', '--email', 'eve@example.test', '--username', 'eve', '--no-password', '--admin', '--json']);
    expect(other.code).toBe(0);
    expect(await commandProcess(settings, ['users', 'disable', 'ada'])).toMatchObject({ code: 0 });
    expect((await fetch(`${url}/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } })).status).toBe(401);
  }, 120_000);
});
