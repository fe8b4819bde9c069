import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from '../kit/eventually.js';
import { SpawnedService, registeredAt } from '../kit/spawned-service.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

/** Where the process stands still until it is killed: in the transaction that makes it, or after that and before the answer. */
const [IN_CREATION, BEFORE_ANSWER] = [4_201, 4_202];
const PAUSES = `
  CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(TG_ARGV[0]::bigint); RETURN NEW; END $$;
  CREATE TRIGGER pause AFTER INSERT ON users FOR EACH ROW WHEN (NEW.username = 'early') EXECUTE FUNCTION pause(${IN_CREATION});
  CREATE TRIGGER pause BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (NEW.sealed_answer IS NOT NULL) EXECUTE FUNCTION pause(${BEFORE_ANSWER});`;

const userBody = (name: string): object => ({ email: `${name}@example.test`, username: name, password: 'seven quiet lighthouses' });
const CALLS = [
  ['/v1/users', userBody('early')],
  ['/v1/users', userBody('late')],
  ['/v1/auth/register', userBody('self')],
  ['/v1/auth/api-keys', { name: 'late', scopes: ['users:read'] }],
  ['/v1/webhooks', { url: 'http://127.0.0.1/late', events: ['user.deleted'] }],
] as const;

describe('a creation whose process is killed', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let dataDir: string;
  let service: SpawnedService;
  const keys = CALLS.map(() => randomUUID());

  const start = async (): Promise<void> => {
    service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' });
  };
  const call = async (index: number, token: string): Promise<[number, any]> => { // eslint-disable-line @typescript-eslint/no-explicit-any
    const [path, body] = CALLS[index]!;
    const headers = { 'content-type': 'application/json', 'idempotency-key': keys[index]!, ...(path !== '/v1/auth/register' && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(service.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return [answer.status, await answer.json()];
  };
  const made = async (): Promise<(string | null)[]> => (await client.query<{ id: string | null }>('SELECT subject_id AS id FROM idempotency_keys')).rows.map(({ id }) => id);

  beforeAll(async () => {
    [database, dataDir] = [await withDatabase(), mkdtempSync(join(tmpdir(), 'likeness-idempotency-'))];
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await start();
  });
  afterAll(async () => {
    await service?.kill();
    await client.end();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is there with its mark or not at all, and is answered by the next try without being made twice', async () => {
    const { id, token } = await registeredAt(service.url, 'ada');
    await client.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [id]);
    await client.query(PAUSES);
    await client.query('SELECT pg_advisory_lock($1), pg_advisory_lock($2)', [IN_CREATION, BEFORE_ANSWER]);
    const cut = CALLS.map((_, index) => call(index, token).catch(() => 'cut'));
    const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid IN (${IN_CREATION}, ${BEFORE_ANSWER})`;
    await eventually('every call waits for its lock', async () => (await client.query(waiting)).rowCount! >= CALLS.length);
    await service.kill();
    expect(await Promise.all(cut)).toEqual(CALLS.map(() => 'cut'));
    // The connections of the dead end where they wait.
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    await eventually('no call waits any more', async () => (await client.query(waiting)).rowCount === 0);
    await client.query('DROP FUNCTION pause CASCADE');

    const before = await made();
    expect(before.filter((subject) => subject === null)).toHaveLength(1);
    const users = async (): Promise<string[]> => (await client.query<{ username: string }>('SELECT username FROM users ORDER BY 1')).rows.map(({ username }) => username);
    expect(await users()).toEqual(['ada', 'late', 'self']);

    await start();
    expect((await call(1, token))[0]).toBe(409);
    // The claims of the dead; they would be over in twenty seconds.
    await client.query('UPDATE idempotency_keys SET claimed_until = clock_timestamp()');
    const answers = await Promise.all(CALLS.map((_, index) => call(index, token)));
    expect(answers.map(([status]) => status)).toEqual(CALLS.map(() => 201));
    expect(await users()).toEqual(['ada', 'early', 'late', 'self']);
    const ids = answers.map(([, body]) => body.id ?? body.user.id);
    expect(ids).toEqual(expect.arrayContaining(before.filter((subject) => subject !== null)));
    for (const table of ['api_keys', 'webhooks']) expect((await client.query(`SELECT 1 FROM ${table}`)).rowCount).toBe(1);

    const secrets = [answers[2]![1].tokens.accessToken, answers[3]![1].secret];
    for (const secret of secrets) expect((await fetch(`${service.url}/v1/users/me`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
    expect(await Promise.all(CALLS.map((_, index) => call(index, token)))).toEqual(answers);
  });
});
