import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PreparedReads, Transactions, type PreparedRead, type PreparedWrite } from '../database/index.js';
import type { AuditEntry, AuditRecord } from './audit-event.js';

const COLUMNS = `id, action, actor_kind AS "actorKind", actor_id AS "actorId", subject_id AS "subjectId", ip_address AS "ipAddress", request_id AS "requestId",
  details, created_at AS "createdAt"`;

const INSERT: PreparedWrite = {
  name: 'audit-events.append',
  text: `
  INSERT INTO audit_events (id, action, actor_kind, actor_id, subject_id, ip_address, request_id, details, created_at)
  SELECT id, action, actor_kind, actor_id, subject_id, ip_address, request_id, details, clock_timestamp() - age_ms * interval '1 millisecond'
  FROM jsonb_to_recordset($1::jsonb)
    AS e(id uuid, action text, actor_kind text, actor_id uuid, subject_id uuid, ip_address text, request_id text, details jsonb, age_ms double precision)
  ON CONFLICT (id) DO NOTHING`,
};

/** An entry that waited to be written. */
export interface LateEntry extends AuditEntry {
  readonly ageMs: number;
}

/** Newest first. $1 before this one, $2 how many, $3 action. */
const PAGE: PreparedRead = {
  name: 'audit-events.page',
  text: `SELECT ${COLUMNS} FROM audit_events WHERE ($1::uuid IS NULL OR id < $1) AND ($3::text IS NULL OR action = $3) ORDER BY id DESC LIMIT $2`,
};

const own = (column: string): string => `(SELECT * FROM audit_events WHERE ${column} = $4::uuid AND ($1::uuid IS NULL OR id < $1) AND ($3::text IS NULL OR action = $3) ORDER BY id DESC LIMIT $2)`;

/** Those that $4 did or that were done to $4; each half by its own index. */
const PAGE_OF_USER: PreparedRead = {
  name: 'audit-events.page-of-user',
  text: `SELECT ${COLUMNS} FROM (${own('subject_id')} UNION ${own('actor_id')}) AS e ORDER BY id DESC LIMIT $2`,
};

const FORGET_ADDRESSES = 'UPDATE audit_events SET ip_address = NULL WHERE ip_address IS NOT NULL AND (actor_id = $1 OR (subject_id = $1 AND actor_id IS NULL))';

/** The trigger lets go of what is older than the transaction says. */
const KEEP_FROM = `SELECT set_config('likeness.audit_keeps_from', (clock_timestamp() - make_interval(days => $1))::text, true) AS moment`;
const PRUNE = `
  WITH gone AS (
    DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE created_at < $1::timestamptz ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1
  ) SELECT count(*)::int AS count FROM gone`;

export interface AuditPageQuery {
  readonly beforeId: string | null;
  readonly limit: number;
  readonly action: string | null;
  /** Null: everybody's. */
  readonly userId: string | null;
}

/** The rows of the audit log. */
@Injectable()
export class AuditEvents {
  constructor(
    private readonly reads: PreparedReads,
    private readonly transactions: Transactions,
  ) {}

  /** In the transaction of what was done. */
  async append(manager: EntityManager, entries: readonly AuditEntry[]): Promise<void> {
    await manager.query(INSERT.text, [JSON.stringify(entries.map((entry) => rowOf({ ...entry, ageMs: 0 })))]);
  }

  /** All of them, or none; those that are there already are left as they are. Throws 503 when the database is away or takes no writes. */
  async appendAlone(entries: readonly LateEntry[]): Promise<void> {
    await this.transactions.single(INSERT, [JSON.stringify(entries.map(rowOf))]);
  }

  page({ beforeId, limit, action, userId }: AuditPageQuery): Promise<AuditRecord[]> {
    return userId === null ? this.reads.rows(PAGE, [beforeId, limit, action]) : this.reads.rows(PAGE_OF_USER, [beforeId, limit, action, userId]);
  }

  /** From where somebody did what goes with them; that it was done stays. */
  async forgetAddresses(manager: EntityManager, userId: string): Promise<void> {
    await manager.query(FORGET_ADDRESSES, [userId]);
  }

  prune(retentionDays: number, limit: number): Promise<number> {
    return this.transactions.run(async (manager) => {
      const [{ moment }] = await manager.query<[{ moment: string }]>(KEEP_FROM, [retentionDays]);
      const [row] = await manager.query<[{ count: number }]>(PRUNE, [moment, limit]);
      return row.count;
    });
  }
}

const rowOf = (entry: LateEntry): object => ({
  id: entry.id,
  action: entry.action,
  actor_kind: entry.actorKind,
  actor_id: entry.actorId,
  subject_id: entry.subjectId,
  ip_address: entry.ipAddress,
  request_id: entry.requestId,
  details: entry.details,
  age_ms: entry.ageMs,
});
