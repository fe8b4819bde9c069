import type { EntityManager } from 'typeorm';

/** A table whose rows go into an archive, column by column: a new column is in it only when somebody has decided so. */
export interface ArchivedTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** What the rows are ordered by, so that the same rows make the same archive. */
  readonly order: string;
  /** Which rows; all unless given. */
  readonly where?: string;
  /**
   * What an instance that nobody has used yet has in it: nothing; or something that it made by itself and that goes (`replaced`), or that the rows of an
   * archive join (`joined`).
   */
  readonly beforeImport: 'empty' | 'replaced' | 'joined';
}

const ROWS_AT_ONCE = 500;

const list = (columns: readonly string[]): string => columns.map((column) => `"${column}"`).join(', ');

/** Pages of rows as JSON texts, of the snapshot that the transaction sees. PostgreSQL writes them, so nothing is rounded on the way. */
export async function* rowPages(manager: EntityManager, { name, columns, order, where = 'true' }: ArchivedTable): AsyncGenerator<readonly string[]> {
  const cursor = `archive_${name}`;
  await manager.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT to_jsonb(r)::text AS row FROM (SELECT ${list(columns)} FROM "${name}" WHERE ${where} ORDER BY ${order}) AS r`);
  for (;;) {
    const rows = await manager.query<{ row: string }[]>(`FETCH ${ROWS_AT_ONCE} FROM ${cursor}`);
    if (rows.length > 0) yield rows.map(({ row }) => row);
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await manager.query(`CLOSE ${cursor}`);
}

/** The other way. Who writes to the table alone says so by calling it itself. */
export async function insertRows(manager: EntityManager, { name, columns, beforeImport }: ArchivedTable, rows: readonly string[]): Promise<void> {
  const conflict = beforeImport === 'joined' ? 'ON CONFLICT DO NOTHING' : '';
  const select = `SELECT ${list(columns)} FROM jsonb_populate_recordset(NULL::"${name}", $1::jsonb)`;
  await manager.query(`INSERT INTO "${name}" (${list(columns)}) ${select} ${conflict}`, [`[${rows.join(',')}]`]);
}
