import { Client } from 'pg';

/** Keys of all uploaded pictures that rows name, in order: what `sources/` must hold, and nothing else. */
export async function keysNamed(databaseUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ picture_key: string }>('SELECT DISTINCT picture_key FROM avatar_uses');
    return rows.map((row) => row.picture_key).sort();
  } finally {
    await client.end();
  }
}
