import type { ArchivedTable } from '../../kernel/archive/index.js';
import { AUDIT_TABLE } from '../../kernel/audit/index.js';
import { AUTH_TABLES } from '../auth/index.js';
import { AVATAR_USES_TABLE } from '../avatars/index.js';
import { DEFAULT_PICTURE_TABLE, USERS_TABLE } from '../users/index.js';
import { WEBHOOKS_TABLE } from '../webhooks/index.js';

export const SOURCES = 'pictures/sources';
export const VARIANTS = 'pictures/variants';

/** In this order: what names others comes after them. */
export const ARCHIVED_TABLES: readonly ArchivedTable[] = [USERS_TABLE, AVATAR_USES_TABLE, DEFAULT_PICTURE_TABLE, ...AUTH_TABLES, WEBHOOKS_TABLE, AUDIT_TABLE];

/** Every other table, and why an archive has nothing of it. A test holds that each table is here or there. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  migrations: 'the schema is made by the release that imports',
  cache_generation: 'raised by an import: what was cached of another database counts no more',
  token_users: 'sessions and tokens end with their store',
  token_sessions: 'sessions and tokens end with their store',
  access_tokens: 'sessions and tokens end with their store',
  one_time_tokens: 'links in mails are good for minutes or hours, and are asked for again',
  idempotency_keys: 'answers to requests of the last 24 hours, sealed for who asked',
  event_log: 'facts on their way; what they tell is in the rows',
  event_followers: 'how far each instance has heard them',
  webhook_deliveries: 'what was or is to be delivered by the instance that was',
  generated_leftovers: 'notes of the sweep, which makes them again',
};

export const sectionOf = (table: ArchivedTable): string => `tables/${table.name}`;
export const SECTIONS: readonly string[] = [SOURCES, VARIANTS, ...ARCHIVED_TABLES.map(sectionOf)];

/** Tables in which a row names a picture: the user or the default one is shown with initials where its bytes are gone; a use of it is none. */
export const withoutPictures = (table: ArchivedTable, rows: readonly string[], missing: ReadonlySet<string>): readonly string[] => {
  if (missing.size === 0 || !table.columns.includes('picture_key')) return rows;
  return rows.flatMap((text) => {
    const row = JSON.parse(text) as { picture_key: string | null };
    if (row.picture_key === null || !missing.has(row.picture_key)) return [text];
    return table.name === AVATAR_USES_TABLE.name ? [] : [JSON.stringify({ ...row, picture_key: null })];
  });
};
