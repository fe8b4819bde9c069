// `npm run bench:search`: what search and pages cost among 1,000 users and among 1,000,000, and whether the plan uses the index.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../scripts/build.mjs';
import { INSERT_MANY_USERS } from '../test/kit/many-users.mjs';
import { median } from './report/statistics.mjs';

const SIZES = [1_000, 1_000_000];
const BATCH = 20_000;
const ROUNDS = 200;

await build({ ifNeeded: true });
const { DataSource } = await import('typeorm');
const { EmbeddedPostgres } = await import('../dist/embedded/index.js');
const { dataSourceOptions, loadMigrations } = await import('../dist/kernel/database/index.js');
const { UserEntity } = await import('../dist/modules/users/user.entity.js');
const { UsersRepository } = await import('../dist/modules/users/users.repository.js');

const scratch = mkdtempSync(join(tmpdir(), 'likeness-search-'));
chmodSync(scratch, 0o711);
const server = await EmbeddedPostgres.start({ folder: join(scratch, 'postgres'), isDurable: false });
const options = dataSourceOptions({ url: server.url, poolSize: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 600_000, migrateOnStart: false, pooler: 'none' });
const source = await new DataSource({ ...options, entities: [UserEntity], migrations: await loadMigrations() }).initialize();
const users = new UsersRepository(source.getRepository(UserEntity), null);

async function fill(from, to) {
  // Made anew when the rows are there: a tenth of the time.
  const [{ indexdef }] = await source.query(`SELECT indexdef FROM pg_indexes WHERE indexname = 'users_search_text_index'`);
  await source.query('DROP INDEX users_search_text_index');
  const began = performance.now();
  for (let first = from; first <= to; first += BATCH) {
    const last = Math.min(to, first + BATCH - 1);
    await source.query(INSERT_MANY_USERS, [first, last]);
    if (process.stderr.isTTY || last % 100_000 === 0) process.stderr.write(`${last.toLocaleString('en')} users after ${Math.round((performance.now() - began) / 1000)} s\n`);
  }
  await source.query(indexdef);
  await source.query('VACUUM ANALYZE users');
}

async function timed(question, rounds = ROUNDS) {
  for (let warm = 0; warm < 10; warm += 1) await question(warm);
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await question(round);
    times.push(performance.now() - began);
  }
  return median(times);
}

async function planOf(filter) {
  const [sql, values] = users.pageQuery(null, 51, filter).getQueryAndParameters();
  const rows = await source.query(`EXPLAIN ${sql}`, values);
  const plan = rows.map((row) => row['QUERY PLAN']).join(' ');
  return ['users_search_text_index', 'users_roles_index', 'users_disabled_index', 'users_pkey', 'Seq Scan'].filter((name) => plan.includes(name)).join(', ');
}

async function figures(size) {
  const sample = await source.query(`SELECT id, email, username, display_name AS name FROM users TABLESAMPLE BERNOULLI (${Math.min(100, 30_000_000 / size / 100)}) LIMIT 200`);
  const of = (round) => sample[round % sample.length];
  const QUESTIONS = [
    ['one user, by part of the username', (user) => [null, { q: user.username.slice(1, 9) }]],
    ['one user, by part of the address', (user) => [null, { q: user.email.slice(0, 8) }]],
    ['one user, by the last name', (user) => [null, { q: user.name.split(' ').at(-1) }]],
    ['a common name: a full page', () => [null, { q: 'lovelace' }]],
    ['nobody', () => [null, { q: 'zzzqqqxxx' }]],
    ['two letters that nobody has', () => [null, { q: '~~' }]],
    ['the first page of all', () => [null, {}]],
    ['a page in the middle', (user) => [user.id, {}]],
    ['disabled accounts, a page in the middle', (user) => [user.id, { disabled: true }]],
    ['admins: none', () => [null, { role: 'admin' }]],
  ];
  const rows = [];
  for (const [name, ask] of QUESTIONS) {
    const rounds = name.startsWith('two') || name.startsWith('admins') ? 20 : ROUNDS;
    rows.push({ name, ms: await timed((round) => { const [after, filter] = ask(of(round)); return users.pageAfter(after, 51, filter); }, rounds), plan: await planOf(ask(of(0))[1]) });
  }
  return rows;
}

try {
  await source.runMigrations();
  const results = [];
  let filled = 0;
  for (const size of SIZES) {
    await fill(filled + 1, size);
    filled = size;
    results.push(await figures(size));
  }
  const [small, large] = results;
  const lines = [
    '| 51 users | ms of 1,000 | ms of 1,000,000 | ratio | plan at 1,000,000 |', '|---|---|---|---|---|',
    ...small.map((row, index) => `| ${row.name} | ${row.ms.toFixed(2)} | ${large[index].ms.toFixed(2)} | ${(large[index].ms / row.ms).toFixed(1)} | ${large[index].plan} |`),
  ];
  const [{ server_version: version }] = await source.query('SHOW server_version');
  const [{ size }] = await source.query(`SELECT pg_size_pretty(pg_relation_size('users')) || ', search index ' || pg_size_pretty(pg_relation_size('users_search_text_index')) AS size`);
  const date = new Date().toISOString().slice(0, 10);
  console.log(lines.join('\n'));
  writeFileSync(new URL(`results/${date}-search.md`, import.meta.url), `PostgreSQL ${version}, Node ${process.version}, ${date}; table ${size}\n\n${lines.join('\n')}\n`);
} finally {
  await source.destroy();
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
