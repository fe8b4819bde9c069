import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SpawnedService, registeredAt } from '../kit/spawned-service.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { Receiver, isSignedWith } from './receiver.js';

describe('events of a service that is killed', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let dataDir: string;
  let receiver: Receiver;
  let service: SpawnedService;

  const start = async (): Promise<void> => {
    service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' });
  };
  const call = async (method: string, path: string, token: string, body: object): Promise<any> => { // eslint-disable-line @typescript-eslint/no-explicit-any
    const answer = await fetch(service.url + path, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };

  beforeAll(async () => {
    [database, dataDir, receiver] = [await withDatabase(), mkdtempSync(join(tmpdir(), 'likeness-webhooks-')), await Receiver.start()];
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await start();
  });
  afterAll(async () => {
    await service?.kill();
    await receiver.stop();
    await client.end();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('come from the next one when it dies between a commit and handing out', async () => {
    const { id, token } = await registeredAt(service.url, 'ada');
    await client.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [id]);
    const { secret } = await call('POST', '/v1/webhooks', token, { url: receiver.url, events: ['user.updated'] });
    // Holds whoever would hand out, so that the process dies with the facts committed and nothing told.
    await client.query('BEGIN');
    await client.query(`SELECT 1 FROM event_followers WHERE name = 'webhooks' FOR UPDATE`);
    const versions = [];
    for (const displayName of ['One', 'Two', 'Three']) versions.push((await call('PATCH', '/v1/users/me', token, { displayName })).version);
    await service.kill();
    await client.query('COMMIT');
    const waiting = `SELECT 1 FROM event_log WHERE name = 'user.changed' AND (position IS NULL OR position > (SELECT position FROM event_followers WHERE name = 'webhooks'))`;
    expect([receiver.received.length, (await client.query(waiting)).rowCount]).toEqual([0, 3]);
    await start();
    const told = await receiver.of('user.updated', 3);
    expect(told.map(({ event }) => event.data['version'])).toEqual(expect.arrayContaining(versions));
    expect([told.length, told.every((each) => isSignedWith(secret, each))]).toEqual([3, true]);
  });

  it('come again when it dies before it has heard the answer, with the same id, so that the receiver can tell', async () => {
    receiver.received.length = 0;
    receiver.status = null;
    const login = await call('POST', '/v1/auth/login', '', { identifier: 'ada', password: 'seven quiet lighthouses' });
    await call('PATCH', '/v1/users/me', login.accessToken, { displayName: 'Four' });
    await receiver.of('user.updated', 1);
    await service.kill();
    receiver.status = 204;
    // The lease of the dead sender; it would be over in half a minute.
    await client.query(`UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE state = 'pending'`);
    await start();
    const [first, second] = await receiver.of('user.updated', 2);
    expect([second!.text, second!.headers['likeness-delivery']]).toEqual([first!.text, first!.headers['likeness-delivery']]);
    const { rows } = await client.query<{ attempts: number }>('SELECT max(attempts) AS attempts FROM webhook_deliveries');
    expect(rows[0]!.attempts).toBe(2);
  });

  it('are none of them lost when it dies at random moments while they are handed out', async () => {
    receiver.received.length = 0;
    receiver.status = 204;
    const signIn = async (): Promise<string> => (await call('POST', '/v1/auth/login', '', { identifier: 'ada', password: 'seven quiet lighthouses' })).accessToken;
    const first = ((await client.query(`SELECT version FROM users WHERE username = 'ada'`)).rows[0] as { version: number }).version;
    for (let round = 0; round < 6; round += 1) {
      const token = await signIn();
      const rename = (index: number): Promise<unknown> => call('PATCH', '/v1/users/me', token, { displayName: `Round ${round}, ${index}` }).catch(() => undefined);
      const writing = (async () => {
        for (let index = 0; index < 40; index += 1) await Promise.all([rename(2 * index), rename(2 * index + 1)]);
      })();
      // At random: somewhere among the writes and what is told of them meanwhile.
      const told = receiver.received.length + 1 + Math.floor(Math.random() * 12);
      for (const deadline = Date.now() + 20_000; receiver.received.length < told && Date.now() < deadline; ) await sleep(Math.random() * 10);
      await service.kill();
      await writing;
      await client.query(`UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE state = 'pending'`); // the lease of the dead
      await start();
    }
    const last = ((await client.query(`SELECT version FROM users WHERE username = 'ada'`)).rows[0] as { version: number }).version;
    expect(last - first).toBeGreaterThan(6);
    const missing = (): number[] => {
      const seen = new Set(receiver.received.filter(({ event }) => event.type === 'user.updated').map(({ event }) => event.data['version']));
      return Array.from({ length: last - first }, (_, index) => first + 1 + index).filter((version) => !seen.has(version));
    };
    for (const deadline = Date.now() + 60_000; missing().length > 0 && Date.now() < deadline; await sleep(100)) {
      await client.query(`UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE state = 'pending' AND due_at > clock_timestamp() + interval '2 seconds'`);
    }
    expect(missing()).toEqual([]);
    // What came twice came under one id.
    const byVersion = new Map<unknown, Set<unknown>>();
    for (const { event, headers } of receiver.received) byVersion.set(event.data['version'], (byVersion.get(event.data['version']) ?? new Set()).add(headers['likeness-delivery']));
    expect([...byVersion.values()].every((ids) => ids.size === 1)).toBe(true);
  }, 240_000);
});
