// A PostgreSQL of one run's own, to be killed and paused; and the record of what was really committed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const childrenOf = (parent) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1]) === parent;
      } catch {
        return false; // gone meanwhile
      }
    })
    .map(Number);

const signalQuietly = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
};

const RECORD = `
  CREATE SCHEMA consistency;
  CREATE TABLE consistency.versions (user_id uuid, version int, name text, picture_key text, generated_key text, is_admin boolean, is_disabled boolean, is_gone boolean, PRIMARY KEY (user_id, version));
  CREATE FUNCTION consistency.record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        INSERT INTO consistency.versions VALUES (OLD.id, OLD.version + 1, NULL, NULL, NULL, NULL, NULL, true) ON CONFLICT DO NOTHING;
      ELSE
        INSERT INTO consistency.versions VALUES (NEW.id, NEW.version, NEW.display_name, NEW.picture_key, NEW.generated_key, to_jsonb(NEW.roles) ? 'admin', NEW.disabled, false) ON CONFLICT DO NOTHING;
      END IF;
      RETURN NULL;
    END $$;
  CREATE TRIGGER consistency_record AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION consistency.record();`;

export class PostgresServer {
  /** `distFolder`: whose launcher starts it. Killed servers come back by themselves, on the same socket. */
  static async start(folder, distFolder) {
    const { EmbeddedPostgres } = await import(pathToFileURL(join(distFolder, 'embedded/index.js')).href);
    const { PIPELINE_VERSION, RENDERER_VERSION } = await import(pathToFileURL(join(distFolder, 'modules/users/picture-name.js')).href);
    const server = new PostgresServer();
    server.prefixes = { uploaded: `u${PIPELINE_VERSION}-`, generated: `g${RENDERER_VERSION}-` };
    server.kills = [];
    server.isGone = false;
    server.embedded = await EmbeddedPostgres.start({ folder, isDurable: true, onGone: () => (server.isGone = true) });
    // Only the machine could lose what was not flushed; the processes, which are what is killed here, cannot. COMMIT waits for the write as ever.
    await server.query('ALTER SYSTEM SET fsync = off');
    await server.query('SELECT pg_reload_conf()');
    return server;
  }

  get url() {
    return this.embedded.url;
  }

  async query(text, values) {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async recordVersions() {
    await this.query(RECORD);
  }

  /** What was committed of these users after the version given for each; waits for a server that is away. */
  async versionsAfter(known, isOver = () => false) {
    for (;;) {
      try {
        const rows = await this.query(
          `SELECT v.* FROM unnest($1::uuid[], $2::int[]) AS k (id, version) JOIN consistency.versions v ON v.user_id = k.id AND v.version > k.version ORDER BY v.user_id, v.version`,
          [[...known.keys()], [...known.values()]],
        );
        return rows.map((row) => ({ user: row.user_id, state: this.stateOf(row) }));
      } catch (error) {
        if (this.isGone || isOver()) throw error;
        await sleep(200);
      }
    }
  }

  stateOf(row) {
    if (row.is_gone) return { version: row.version, name: undefined, digest: undefined, isAdmin: undefined, isDisabled: undefined, isGenerated: undefined, isGone: true };
    const { uploaded, generated } = this.prefixes;
    const isGenerated = row.picture_key === null;
    const digest = isGenerated ? generated + row.generated_key : uploaded + row.picture_key;
    return { version: row.version, name: row.name, digest, isAdmin: row.is_admin, isDisabled: row.is_disabled, isGenerated, isGone: false };
  }

  /** The launcher gives up after five ends within a minute. */
  get mayBeKilled() {
    const now = performance.now();
    this.kills = this.kills.filter((at) => now - at < 62_000);
    return this.kills.length < 4;
  }

  kill(signal) {
    this.kills.push(performance.now());
    signalQuietly(this.embedded.pid, signal);
  }

  async pause(ms) {
    const postmaster = this.embedded.pid;
    const pids = [postmaster, ...childrenOf(postmaster)];
    for (const pid of pids) signalQuietly(pid, 'SIGSTOP');
    await sleep(ms);
    for (const pid of pids.reverse()) signalQuietly(pid, 'SIGCONT');
  }

  async isBack() {
    for (;;) {
      try {
        return await this.query('SELECT 1');
      } catch (error) {
        if (this.isGone) throw error;
        await sleep(100);
      }
    }
  }

  stop() {
    return this.embedded.stop();
  }
}
