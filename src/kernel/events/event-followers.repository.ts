import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PreparedReads, Transactions, type PreparedRead, type PreparedWrite } from '../database/index.js';
import type { RecordedFact } from './event-log.repository.js';

const READ_AT_ONCE = 200;
const FACT = 'fact.position, fact.id, fact.name, fact.payload, fact.created_at AS "createdAt"';
const FACTS_AFTER = `SELECT * FROM event_log WHERE position > follower.position ORDER BY position LIMIT ${READ_AT_ONCE}`;

/** → one row per fact; one without a fact when there is none; none when nobody goes by this name, or another does. $1 name, $2 holder. */
const NEXT: PreparedRead = {
  name: 'events.next',
  text: `
  SELECT ${FACT}, follower.seen_at < clock_timestamp() - interval '30 seconds' AS "isUnseen"
  FROM event_followers AS follower LEFT JOIN LATERAL (${FACTS_AFTER}) AS fact ON true
  WHERE follower.name = $1 AND follower.holder = $2 ORDER BY fact.position`,
};

/** $1 name, $2 holder, $3 position. */
const ADVANCE: PreparedWrite = {
  name: 'events.advance',
  text: 'UPDATE event_followers SET position = greatest(position, $3), seen_at = clock_timestamp() WHERE name = $1 AND holder = $2',
};

type NextRow = RecordedFact & { readonly isUnseen: boolean };

/** A name, and the process that goes by it. */
export interface FollowerRef {
  readonly name: string;
  readonly holder: string;
}

type Beginning = 'new' | 'resumed' | 'taken';

export interface NextFacts {
  readonly facts: readonly RecordedFact[];
  /** Whether there may be more than these. */
  readonly isFull: boolean;
}

/** How far each has come in the log. The positions lie beside the facts, so a database that is restored takes both back together. */
@Injectable()
export class EventFollowers {
  constructor(
    private readonly transactions: Transactions,
    private readonly reads: PreparedReads,
  ) {}

  /** Goes on where whoever had this name was (`resumed`), unless only a free one is wanted (`taken`); a free one begins at the end of the log. */
  begin({ name, holder }: FollowerRef, { keptSeconds, takesOver }: { readonly keptSeconds: number; readonly takesOver: boolean }): Promise<Beginning> {
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<{ isNew: boolean }[]>(
        `INSERT INTO event_followers AS follower (name, holder, kept_seconds, position) SELECT $1, $2, $3, coalesce(max(position), 0) FROM event_log
        ON CONFLICT (name) DO UPDATE SET holder = $2, kept_seconds = $3, seen_at = clock_timestamp() WHERE $4 RETURNING follower.xmax = 0 AS "isNew"`,
        [name, holder, keptSeconds, takesOver],
      );
      return row ? (row.isNew ? 'new' : 'resumed') : 'taken';
    });
  }

  /** The next facts of this process; null when it has been forgotten, or another goes by its name. */
  async next({ name, holder }: FollowerRef): Promise<NextFacts | null> {
    const rows = await this.reads.rows<NextRow>(NEXT, [name, holder]);
    if (rows.length === 0) return null;
    if (rows[0]!.isUnseen) await this.transactions.run((manager) => manager.query('UPDATE event_followers SET seen_at = clock_timestamp() WHERE name = $1', [name]));
    const facts = rows.filter(({ position }) => position !== null);
    return { facts, isFull: facts.length === READ_AT_ONCE };
  }

  /** Facts up to this position were heard. */
  async advance({ name, holder }: FollowerRef, position: string): Promise<void> {
    await this.transactions.single(ADVANCE, [name, holder, position]);
  }

  /**
   * The next facts for a name that all instances share, which is advanced in the same transaction: what is done with them there is done once. Null
   * while another instance is at it.
   */
  async take(manager: EntityManager, name: string): Promise<NextFacts | null> {
    const held = await manager.query<unknown[]>('SELECT 1 FROM event_followers WHERE name = $1 FOR UPDATE SKIP LOCKED', [name]);
    if (held.length === 0) return null;
    const facts = await manager.query<RecordedFact[]>(
      `SELECT ${FACT} FROM event_followers AS follower CROSS JOIN LATERAL (${FACTS_AFTER}) AS fact WHERE follower.name = $1 ORDER BY fact.position`,
      [name],
    );
    const last = facts.at(-1);
    if (last) await manager.query('UPDATE event_followers SET position = $2, seen_at = clock_timestamp() WHERE name = $1', [name, last.position]);
    return { facts, isFull: facts.length === READ_AT_ONCE };
  }

  async leave({ name, holder }: FollowerRef): Promise<void> {
    await this.transactions.run((manager) => manager.query('DELETE FROM event_followers WHERE name = $1 AND holder = $2', [name, holder]));
  }

  /** Whether any instance was seen within so many seconds. */
  async areSeen(manager: EntityManager, seconds: number): Promise<boolean> {
    const rows = await manager.query<unknown[]>(`SELECT 1 FROM event_followers WHERE kept_seconds IS NOT NULL AND seen_at > clock_timestamp() - make_interval(secs => $1) LIMIT 1`, [seconds]);
    return rows.length > 0;
  }

  /** Who was not seen for too long no longer keeps facts from going. */
  async forgetTheAbsent(): Promise<void> {
    await this.transactions.run((manager) => manager.query('DELETE FROM event_followers WHERE seen_at < clock_timestamp() - make_interval(secs => kept_seconds)'));
  }
}
