import type { DataSource } from 'typeorm';
import type { AppConfig } from '../../kernel/config/index.js';
import { withMigrator, type Migrator } from '../../kernel/database/index.js';
import type { Clock } from '../../kernel/clock/index.js';
import { inspectSigningKeys } from '../../modules/auth/index.js';
import { clockFinding, examined, failure, ok, warning, type Finding } from './check.js';

interface ServerFacts {
  readonly version: string;
  readonly synchronousCommit: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly maxConnections: number;
  readonly isReplica: boolean;
  readonly isReadOnly: boolean;
  readonly hasTrigrams: boolean;
  readonly nowMs: number;
}

const FACTS = `
  SELECT current_setting('server_version') AS version, current_setting('synchronous_commit') AS "synchronousCommit", current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS "fullPageWrites", current_setting('max_connections')::int AS "maxConnections", pg_is_in_recovery() AS "isReplica",
    current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') AS "hasTrigrams", (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`;

const NONE_YET = warning('postgresql', 'embedded, and there is no database in the data folder yet', 'The first start makes it. Where there was one: is DATA_DIR the right one, and mounted?');

/** PostgreSQL, its schema, and the keys in it. */
export const examineDatabase = async (config: AppConfig, clock: Clock): Promise<readonly Finding[]> => {
  if (config.database.url === null) return [NONE_YET];
  return examined('postgresql', 'Is DATABASE_URL right, does the server run, and may this machine reach it?', () =>
    withMigrator(config.database, async (migrator, dataSource) => {
      await migrator.requireSupportedServer();
      const askedAt = clock.now().getTime();
      const [facts] = await dataSource.query<[ServerFacts]>(FACTS);
      const skew = clockFinding('postgresql', askedAt, facts.nowMs, clock.now().getTime());
      return [...serverFindings(facts, config), skew, await migrationsFinding(migrator, config), ...(await keysFindings(dataSource, config))];
    }),
  );
};

function serverFindings(facts: ServerFacts, config: AppConfig): Finding[] {
  const findings = [ok('postgresql', `version ${facts.version}`)];
  const check = (isFault: boolean, finding: Finding): void => void (isFault && findings.push(finding));
  check(facts.isReplica, failure('postgresql', 'the server is a replica, and takes no writes', 'Let DATABASE_URL name the primary.'));
  check(
    facts.isReadOnly && !facts.isReplica,
    failure('postgresql', 'sessions are read-only, and take no writes', 'Is default_transaction_read_only on? A full disk is a common reason at hosting services.'),
  );
  check(facts.fsync !== 'on', failure('postgresql fsync', 'off', 'Set fsync = on: without it a crash of the machine can destroy the database.'));
  check(facts.fullPageWrites !== 'on', warning('postgresql full_page_writes', 'off', 'Set it on, unless the file system never tears a page.'));
  check(
    facts.synchronousCommit === 'off',
    warning('postgresql synchronous_commit', 'off', 'Set it on: what was acknowledged (a password changed, an account disabled) may be gone after a crash.'),
  );
  const needed = config.database.poolSize + 5;
  check(
    facts.maxConnections < needed,
    warning('postgresql max_connections', `${facts.maxConnections}`, `Each instance may want ${needed}: raise it, or lower DATABASE_POOL_SIZE.`),
  );
  check(!facts.hasTrigrams, warning('postgresql pg_trgm', 'the extension is not there', 'Searching users reads the whole table: see docs/search.md.'));
  return findings;
}

async function migrationsFinding(migrator: Migrator, { database }: AppConfig): Promise<Finding> {
  const pending = await migrator.pending();
  if (pending.length === 0) return ok('migrations', `the schema is up to date (${migrator.latest()})`);
  const message = `${pending.length} pending: ${pending.join(', ')}`;
  return database.migrateOnStart ? warning('migrations', message, 'They are applied at the next start, or by `migrate`.') : failure('migrations', message, 'Run `migrate`.');
}

const keysFindings = async (dataSource: DataSource, config: AppConfig): Promise<readonly Finding[]> => {
  const [seen] = await dataSource.query<[{ exists: boolean }]>(`SELECT to_regclass('signing_keys') IS NOT NULL AS exists`);
  if (!seen.exists) return [warning('signing key', 'there is no table yet', 'It is made by the first start.')];
  return examined('signing key', 'Start with the MASTER_KEY that they were stored under, or `keys withdraw` those that are lost.', async () => {
    const states = await inspectSigningKeys(dataSource, config);
    if (states.includes('active')) return [ok('signing key', `${states.length} known, one signs`)];
    return [warning('signing key', 'none signs yet', 'The service makes one when it starts.')];
  });
};
