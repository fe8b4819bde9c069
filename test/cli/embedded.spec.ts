import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpawnedService } from '../kit/spawned-service.js';
import { commandProcess } from './command.js';

const PASSWORD = 'seven quiet lighthouses';

describe('the command line with the embedded database', () => {
  let dataDir: string;
  let service: SpawnedService | undefined;

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
    chmodSync(dataDir, 0o711);
  });
  afterAll(async () => {
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('starts it when no service runs, then uses that of the service that does', async () => {
    const settings = { DATA_DIR: dataDir, MASTER_KEY: '' };
    const first = await commandProcess(settings, ['users', 'create', '--email', 'ada@example.test', '--username', 'ada', '--admin', '--json'], PASSWORD);
    expect(first).toMatchObject({ code: 0, json: { username: 'ada', roles: ['admin'] } });

    service = await SpawnedService.start(settings);
    const { url } = service;
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
