import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdGenerator } from '../clock/index.js';
import { PreparedReads, Transactions, type PreparedRead } from '../database/index.js';
import type { EventMap, EventName } from './event-map.js';

const PLACE_LOCK = 7_305_438_217_030;
const PLACED_AT_ONCE = 1_000;

export interface RecordedFact {
  readonly position: string;
  readonly id: string;
  readonly name: EventName;
  readonly payload: EventMap[EventName];
  readonly createdAt: Date;
}

const UNPLACED: PreparedRead = { name: 'events.unplaced', text: 'SELECT 1 AS found FROM event_log WHERE position IS NULL LIMIT 1' };

const PLACE = `
  WITH placed AS (
    UPDATE event_log SET position = numbered.next FROM (
      SELECT written, nextval('event_log_positions') AS next
      FROM (SELECT written FROM event_log WHERE position IS NULL ORDER BY written LIMIT ${PLACED_AT_ONCE}) AS oldest
    ) AS numbered WHERE event_log.written = numbered.written RETURNING 1
  ) SELECT count(*)::int AS count FROM placed`;

/** Facts, each committed together with the change that it tells of, and the order in which everybody hears them. */
@Injectable()
export class EventLog {
  constructor(
    private readonly transactions: Transactions,
    private readonly reads: PreparedReads,
    private readonly ids: IdGenerator,
  ) {}

  /** In the transaction of the change: either both are there, or neither. False when a fact of this id is there already. */
  async append<K extends EventName>(manager: EntityManager, name: K, payload: EventMap[K], id = this.ids.next()): Promise<boolean> {
    const sql = 'INSERT INTO event_log (id, name, payload) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING written';
    return (await manager.query<unknown[]>(sql, [id, name, payload])).length > 0;
  }

  /**
   * Gives what was committed since its place, in one order for everybody; answers how many there were. The lock is held until this is committed, so places
   * become visible in their order: nobody who has read up to one can find a lower one later, as with numbers that are drawn before the commit.
   */
  async place(): Promise<number> {
    if ((await this.reads.rows(UNPLACED, [])).length === 0) return 0;
    return this.transactions.run(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [PLACE_LOCK]);
      const [{ count }] = await manager.query<[{ count: number }]>(PLACE);
      return count;
    });
  }

  /** What everybody has heard goes. */
  async prune(): Promise<void> {
    await this.transactions.run((manager) => manager.query('DELETE FROM event_log WHERE position <= (SELECT min(position) FROM event_followers)'));
  }
}
