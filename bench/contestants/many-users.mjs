// Users by the million, written into the table as registrations of years would have left them.
import pg from 'pg';
import { INSERT_MANY_USERS } from '../../test/kit/many-users.mjs';

const BATCH = 20_000;

/** Users number `from` to `to`; the ids of those that `isKept`, all unless told otherwise. */
export async function insertUsers({ postgres }, to, { from = 1, isKept = () => true, say = () => undefined } = {}) {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const kept = [];
  try {
    for (let first = from; first <= to; first += BATCH) {
      const last = Math.min(to, first + BATCH - 1);
      const { rows } = await client.query(`${INSERT_MANY_USERS} RETURNING id`, [first, last]);
      for (const [index, { id }] of rows.entries()) if (isKept(first + index)) kept.push(id);
      if (last - from > BATCH) say(`${last.toLocaleString('en')} users`);
    }
    await client.query('VACUUM ANALYZE users');
  } finally {
    await client.end();
  }
  return kept;
}
