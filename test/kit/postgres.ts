import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrationFiles } from '../../src/kernel/database/migration-files.js';
import { required } from './required.js';

const TEMPLATE_LOCK = 4_711;
const MIGRATIONS = new URL('../../src/kernel/database/migrations/', import.meta.url);

export interface TestDatabase {
  readonly url: string;
  /** Ends whoever is still connected. */
  drop(): Promise<void>;
}

/** The server's URL with another database. */
function urlOf(database: string): string {
  const url = new URL(required('TEST_DATABASE_URL'));
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: required('TEST_DATABASE_URL') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function templateName(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await migrationFiles()) hash.update(file).update(await readFile(new URL(file, MIGRATIONS)));
  return `likeness_template_${hash.digest('hex').slice(0, 12)}`;
}

/** Brings a database to the newest version. What that takes is loaded by those who do it: one file of a run, for the template. */
export const migrate = async (url: string): Promise<void> => (await import('./migrate.js')).migrate(url);

/** The migrated database that others are cloned from, made once for this set of migrations; renamed last, so that it is whole or not there. */
async function ensureTemplate(client: pg.Client, template: string): Promise<void> {
  const isThere = async (): Promise<boolean> => (await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template])).rowCount === 1;
  if (await isThere()) return;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    if (await isThere()) return;
    const draft = `likeness_draft_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await migrate(urlOf(draft));
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

/** A database of one's own on TEST_DATABASE_URL's server: cloned from a migrated template, or empty with `{ isMigrated: false }`. `as`: clauses of CREATE DATABASE for an empty one. */
export async function withDatabase({ isMigrated = true, as = '' } = {}): Promise<TestDatabase> {
  const name = `likeness_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asAdmin(async (client) => {
    const template = isMigrated ? await templateName() : 'template0';
    if (isMigrated) await ensureTemplate(client, template);
    // Without a disk to wait for, files are copied at half the cost of what goes through the log.
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY ${as}`);
  });
  return { url: urlOf(name), drop: () => asAdmin(async (client) => void (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))) };
}
