import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { UsersRepository, type UserFilter } from '../../src/modules/users/users.repository.js';
import { INSERT_MANY_USERS } from '../kit/many-users.mjs';
import { migrate } from '../kit/postgres.js';
import { required } from '../kit/required.js';
import { usersRig, type UsersRig } from './users-rig.js';

const MANY = 5_000;

describe('the search of users', () => {
  let rig: UsersRig;
  let users: UsersRepository;

  beforeAll(async () => {
    rig = await usersRig({ isWithRedis: false });
    users = rig.get(UsersRepository);
    await rig.observer.query(INSERT_MANY_USERS, [1, MANY]);
    await rig.observer.query('ANALYZE users');
  });
  afterAll(() => rig.close());

  const planOf = async (filter: UserFilter, afterId: string | null = null): Promise<string> => {
    const [sql, values] = users.pageQuery(afterId, 51, filter).getQueryAndParameters();
    const { rows } = await rig.observer.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values as unknown[]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  const row = async (n: number): Promise<{ id: string; email: string; username: string; display_name: string }> =>
    (await rig.observer.query(`SELECT * FROM users WHERE email LIKE '%.${n}@%'`)).rows[0];
  const found = async (q: string): Promise<string[]> => (await users.pageAfter(null, 50, { q })).map(({ id }) => id);

  it('finds by parts of address, username and name, whatever the case, and not across them', async () => {
    const one = await row(4321);
    for (const part of [one.email.slice(2, 12), one.username.slice(1, 9), one.display_name.slice(-6)]) {
      for (const q of [part, part.toUpperCase()]) expect(await found(q)).toContain(one.id);
    }
    expect(await found('erdős')).not.toEqual([]);
    expect(await found('ERDŐS')).toEqual(await found('erdős'));
    for (const q of [`${one.email.slice(-4)}${one.username.slice(0, 4)}`, '%', '_a', '\\']) expect(await found(q)).toEqual([]);
  });

  it('asks an index, also for the pages after the first, and for roles and disabled accounts', async () => {
    const { username, id } = await row(2500);
    for (const plan of [await planOf({ q: username.slice(0, 7) }), await planOf({ q: username.slice(0, 7) }, id)]) {
      expect(plan).toContain('users_search_text_index');
      expect(plan).not.toContain('Seq Scan');
    }
    expect(await planOf({ role: 'admin' })).toContain('users_roles_index');
    expect(await planOf({ disabled: true })).toContain('users_disabled_index');
    expect(await planOf({}, id)).toContain('users_pkey');
  });

  it('puts everybody who stays on exactly one page, while others come, go and are renamed', async () => {
    const q = 'lovelace';
    const all = (await users.pageAfter(null, MANY, { q })).map(({ id }) => id);
    const gone = new Set(all.filter((_, index) => index % 5 === 0));
    const renamed = new Set(all.filter((_, index) => index % 5 === 1));
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: string[] = (await users.pageAfter(after, 40, { q })).map(({ id }) => id);
      seen.push(...page);
      if (page.length < 40) break;
      after = page.at(-1)!;
      // The last one seen, too: the cursor says after whom, not where.
      await rig.observer.query('DELETE FROM users WHERE id = ANY($1)', [[after, ...[...gone].splice(seen.length / 5, 10)]]);
      await rig.observer.query(`UPDATE users SET display_name = 'Somebody Else' WHERE id = ANY($1)`, [[...renamed].splice(seen.length / 8, 10)]);
      await rig.add({ displayName: 'A new Lovelace' });
    }
    expect(new Set(seen).size).toBe(seen.length);
    const stayed = all.filter((id) => !gone.has(id) && !renamed.has(id));
    expect(stayed.length).toBeGreaterThan(200);
    expect(stayed.filter((id) => !seen.includes(id))).toEqual([]);
  });

  it('does without the index where the extension may not be made: the migrations run all the same', async () => {
    const name = `plain_${randomUUID().slice(0, 8)}`;
    const url = new URL(required('TEST_DATABASE_URL'));
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    try {
      await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
      await admin.query(`CREATE DATABASE ${name}`);
      const own = new pg.Client({ connectionString: Object.assign(new URL(url), { pathname: `/${name}` }).href });
      await own.connect();
      await own.query(`GRANT ALL ON SCHEMA public TO ${name}`);
      Object.assign(url, { username: name, password: name, pathname: `/${name}` });
      await migrate(url.href);
      const { rows } = await own.query(`SELECT indexname FROM pg_indexes WHERE tablename = 'users' AND indexname LIKE 'users\\_%\\_index' ORDER BY 1`);
      await own.end();
      expect(rows.map(({ indexname }) => indexname)).toEqual(expect.arrayContaining(['users_roles_index']));
      expect(rows.map(({ indexname }) => indexname)).not.toContain('users_search_text_index');
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.query(`DROP ROLE IF EXISTS ${name}`);
      await admin.end();
    }
  });
});
