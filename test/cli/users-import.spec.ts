import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as bcrypt } from '@node-rs/bcrypt';
import pg from 'pg';
import { StandInHashes } from '../../src/modules/users/passwords/stand-in-hashes.js';
import { startService, type TestService } from '../kit/service.js';
import { command, type CommandResult } from './command.js';

const PASSWORD = 'seven quiet lighthouses';

describe('accounts of another system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-import-'));
  let service: TestService;
  let database: pg.Client;
  let hash: string;

  beforeAll(async () => {
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off' });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    hash = await bcrypt(PASSWORD, 4);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const importing = (name: string, text: string | Buffer, ...args: string[]): Promise<CommandResult> => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return command({ DATABASE_URL: service.databaseUrl, REDIS_URL: service.redisUrl!, DATA_DIR: service.dataDir }, ['users', 'import', path, '--json', ...args]);
  };
  const hashOf = async (username: string): Promise<string> =>
    (await database.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE username = $1', [username])).rows[0]!.password_hash;
  const login = (identifier: string, password = PASSWORD) => service.api.post('/v1/auth/login', { identifier, password });

  it('come in from CSV, once, and sign in with the passwords they have; the hash is made anew at the first time, however many come at once', async () => {
    const csv = `\ufeffemail,username,displayName,externalId,roles,emailVerified,disabled,passwordHash\r\nada@old.test,ada,"Lovelace, Ada",ext-1,"editor, x-team",true,,${hash}\r\nbob@old.test,Bob,,,,,yes,\r\n`.replace('editor, x-team', 'editor x-team');
    expect(await importing('users.csv', csv, '--dry-run')).toMatchObject({ code: 0, json: { dryRun: true, written: false, rows: 2, created: 2, problems: [] } });
    expect((await login('ada')).status).toBe(401);
    expect(await importing('users.csv', csv)).toMatchObject({ code: 0, json: { written: true, rows: 2, created: 2, known: 0, invalid: 0 } });
    expect(await importing('users.csv', csv)).toMatchObject({ code: 0, json: { rows: 2, created: 0, known: 2 } });

    expect(await hashOf('ada')).toBe(hash);
    expect((await login('ada', 'another password entirely')).status).toBe(401);
    expect(await hashOf('ada')).toBe(hash);
    const answers = await Promise.all([login('ada'), login('ADA@old.test'), login('ada')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await hashOf('ada')).toMatch(/^\$argon2id\$v=19\$m=19456/);
    const me = await service.api.get('/v1/users/me', { token: answers[0].body.accessToken });
    expect(me.body).toMatchObject({ displayName: 'Lovelace, Ada', externalId: 'ext-1', roles: ['editor', 'x-team'], emailVerified: true, version: 1 });
    for (const { body } of answers) expect((await service.api.get('/v1/users/me', { token: body.accessToken })).status).toBe(200);
    expect((await login('ada')).status).toBe(200);
    expect((await login('bob')).status).toBe(401);
  });

  it('are refused with every line that is wrong, before any is written', async () => {
    const rows = [
      { email: 'carl@old.test', username: 'carl', passwordHash: hash },
      { email: 'nobody', username: '!', passwordHash: 'md5' },
      { email: 'ada@old.test', username: 'ada2', externalId: 'ext-2' },
      { email: 'dora@old.test', username: 'ada' },
      { email: 'CARL@old.test', username: 'carl3' },
      { email: 'eve@old.test', username: 'eve', shoeSize: 38 },
    ];
    const lines = `${rows.map((row) => JSON.stringify(row)).join('\n')}\nnot json\n`;
    const refused = await importing('users.jsonl', lines);
    expect(refused).toMatchObject({ code: 1, json: { written: false, rows: 7, created: 1, invalid: 6 } });
    expect(refused.json.problems.map(({ line, code }: { line: number; code: string }) => `${line} ${code}`)).toEqual([
      '2 email.invalid', '2 username.invalid', '2 password_hash.invalid', '3 user.email_taken', '4 user.username_taken', '5 row.repeated', '6 field.unknown', '7 row.unreadable',
    ]); // prettier-ignore
    expect(refused.stdout + refused.stderr).not.toContain(hash);
    expect((await login('carl')).status).toBe(401);
    expect(await importing('users.jsonl', lines, '--skip-invalid', '--dry-run')).toMatchObject({ code: 0, json: { written: false, created: 1, invalid: 6 } });
    expect(await importing('users.jsonl', lines, '--skip-invalid')).toMatchObject({ code: 0, json: { written: true, created: 1, invalid: 6 } });
    expect((await login('carl')).status).toBe(200);
    expect(await importing('users.json', JSON.stringify(rows.slice(0, 1)))).toMatchObject({ code: 0, json: { known: 1 } });
    expect(await importing('users.txt', '')).toMatchObject({ code: 2 });
  });

  it('are refused by their line where bytes are not UTF-8, in each kind of file', async () => {
    const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
    const rows = '{"email":"j@old.test","username":"jose","displayName":"José"}';
    for (const [name, line, bytes] of [
      ['latin.csv', 3, latin('email,username,displayName\nk@old.test,kim,Kim\nj@old.test,jose,José\n')],
      ['latin.jsonl', 2, latin(`{"email":"k@old.test","username":"kim"}\n${rows}\n`)],
      ['latin.json', 2, latin(`[{"email":"k@old.test","username":"kim"},${rows}]`)],
    ] as const) {
      expect(await importing(name, bytes)).toMatchObject({ code: 1, json: { written: false, created: 1, invalid: 1, problems: [{ line, code: 'row.not_utf8' }] } });
    }
    expect(await importing('utf.csv', 'email,username,displayName\nj@old.test,jose,José\n', '--dry-run')).toMatchObject({ code: 0, json: { invalid: 0 } });
  });

  it.each([
    ['semicolons', 'email;username\na@old.test;anna\n', /email, username, .* semicolons separate/s],
    ['names in another case', 'Email,Username\na@old.test,anna\n', /Write email instead of Email, username instead of Username\./],
    ['no head', 'anna@old.test,anna,secret-hash\n', /^The first line names the fields, separated by commas: email, username, /],
  ])('with %s are told what was expected, once, and nothing of what is in the file', async (_what, csv, words) => {
    const refused = await importing('head.csv', csv);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(words);
    expect(refused.stderr).not.toMatch(/anna|secret-hash/);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('are told of in words: what would be created, and what was', async () => {
    const path = join(folder, 'words.csv');
    writeFileSync(path, 'email,username\nw@old.test,walter\n');
    const run = (...args: string[]): Promise<CommandResult> => command({ DATABASE_URL: service.databaseUrl, REDIS_URL: service.redisUrl!, DATA_DIR: service.dataDir }, ['users', 'import', path, ...args]);
    expect((await run('--dry-run')).stdout).toBe('1 rows: 1 would be created, 0 known, 0 wrong. Nothing was written.\n');
    expect((await run()).stdout).toBe('1 rows: 1 created, 0 known, 0 wrong.\n');
  });

  it('cannot be told from names that nobody has by the work that a refusal takes', async () => {
    const standIns = service.api.app.get(StandInHashes);
    const many = Array.from({ length: 400 }, (_none, at) => `name-${at}@nowhere.test`);
    await standIns.refresh();
    expect(new Set(many.map((name) => standIns.of(name)))).toEqual(new Set([null]));
    await importing('late.json', JSON.stringify([{ email: 'late@old.test', username: 'late', passwordHash: hash }]));
    standIns.notice(hash);
    await standIns.refresh();
    const [given, others] = [many.filter((name) => standIns.of(name) === hash), many.filter((name) => standIns.of(name) === null)];
    expect(given.length + others.length).toBe(400);
    // One of three accounts with a password.
    expect(given.length).toBeGreaterThan(80);
    expect(given.length).toBeLessThan(190);
    expect(standIns.of(given[0]!.toUpperCase())).toBe(hash);
    expect((await login(given[0]!)).status).toBe(401);
    expect((await login(others[0]!)).status).toBe(401);
  });
});
