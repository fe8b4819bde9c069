import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdGenerator } from '../clock/index.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { AppError } from '../errors/index.js';
import { actingRequests, requestMeta } from '../http/index.js';
import { Metrics } from '../metrics/index.js';
import { WorkerLoop } from '../worker-loop/index.js';
import type { ActorKind, AuditEntry, AuditFact } from './audit-event.js';
import { AuditEvents, type LateEntry } from './audit-events.repository.js';
import { keptAddress } from './kept-address.js';

/** Events that wait in memory while the database takes no writes; about 10 MB. */
export const MAX_WAITING = 10_000;
/** Password guesses must not push out the events of others. */
export const MAX_WAITING_FAILURES = 5_000;
const MAX_BATCH = 100;
/** After a failed write, the next one is tried this much later. */
const RETRY_AFTER_MS = 1_000;

interface Waiting {
  readonly entry: AuditEntry;
  readonly findSubject: (() => Promise<string | null>) | undefined;
  readonly notedAtMs: number;
}

/** The database could not be asked, took no writes, or its answer was lost: the same events may be written later. */
const isTemporary = (error: unknown): boolean => error instanceof AppError && error.status === 503;

type Who = Pick<AuditEntry, 'actorKind' | 'actorId' | 'ipAddress' | 'requestId'>;

/** Who did what to whom, from where (docs/decisions/0013). */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLog');
  private readonly waiting: Waiting[] = [];
  private readonly loop = new WorkerLoop(() => this.writeBatch(), (error) => this.logger.error(String(error)));
  /** Set while a write is to be tried again. */
  private retry: NodeJS.Timeout | null = null;
  private lost = 0;
  private readonly lostTotal: { inc(count: number): void };

  constructor(
    private readonly events: AuditEvents,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    metrics: Metrics,
  ) {
    this.lostTotal = metrics.counter('audit_events_lost_total', 'Audit events that could not be written: the database was away for too long.', []);
    metrics.gauges({ audit_events_waiting: 'Audit events that wait in memory until the database takes writes.' }, () => Promise.resolve({ audit_events_waiting: this.waiting.length }));
  }

  /** In the transaction of what was done: both, or neither. */
  async record(manager: EntityManager, fact: AuditFact): Promise<void> {
    await this.events.append(manager, [this.entryOf(fact)]);
  }

  /**
   * For what is done outside of a transaction. Returns at once and never throws. While the database is away or takes no writes, up to `MAX_WAITING` events
   * wait and are written within two seconds of its return; further ones are lost and counted. A process that is killed loses what waits.
   * `findSubject` is asked when the event is written.
   */
  note(fact: AuditFact, findSubject?: () => Promise<string | null>): void {
    const limit = fact.action === 'login.failed' ? MAX_WAITING_FAILURES : MAX_WAITING;
    if (this.waiting.length >= limit) this.lost += 1;
    else this.waiting.push({ entry: this.entryOf(fact), findSubject, notedAtMs: performance.now() });
    if (!this.retry) this.loop.wake();
  }

  /** What a user leaves behind: no address of theirs. */
  forgetAddresses(manager: EntityManager, userId: string): Promise<void> {
    return this.events.forgetAddresses(manager, userId);
  }

  /** While there is a database to write to. */
  beforeApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  onApplicationShutdown(): void {
    this.cancelRetry();
    this.lost += this.waiting.splice(0).length;
    this.reportLost();
  }

  /** Tries at once to write what waits. Also called when the last request in flight has been answered. */
  flush(): Promise<void> {
    this.cancelRetry();
    if (this.waiting.length > 0) this.loop.wake();
    return this.loop.idle();
  }

  private async writeBatch(): Promise<boolean> {
    const batch = this.waiting.slice(0, MAX_BATCH);
    try {
      await this.write(batch);
    } catch (error) {
      if (isTemporary(error)) return this.tryLater(error);
      this.lost += batch.length;
      this.logger.error(`Audit events could not be written: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
    this.waiting.splice(0, batch.length);
    const isMore = this.waiting.length > 0;
    if (!isMore) this.reportLost();
    return isMore;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const entries: LateEntry[] = [];
    for (const { entry, findSubject, notedAtMs } of batch) {
      const subjectId = findSubject ? await findSubject() : entry.subjectId;
      entries.push({ ...entry, subjectId, ageMs: performance.now() - notedAtMs });
    }
    if (entries.length > 0) await this.events.appendAlone(entries);
  }

  private tryLater(error: unknown): false {
    const { cause } = error as AppError;
    this.logger.warn(`${this.waiting.length} audit events wait until the database takes writes: ${cause instanceof Error ? cause.message : 'it is away'}`);
    this.retry ??= setTimeout(() => {
      this.retry = null;
      this.loop.wake();
    }, RETRY_AFTER_MS).unref();
    this.reportLost();
    return false;
  }

  private cancelRetry(): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }

  private reportLost(): void {
    if (this.lost > 0) this.logger.error(`${this.lost} audit events were lost`);
    this.lostTotal.inc(this.lost);
    this.lost = 0;
  }

  private entryOf({ action, subjectId, actorId, details = {} }: AuditFact): AuditEntry {
    const who = this.who();
    return { id: this.ids.next(), action, subjectId, details, ...who, ...(actorId !== undefined && { actorId, actorKind: 'user' }) };
  }

  private who(): Who {
    const request = actingRequests.current;
    if (!request) return { actorKind: 'system', actorId: null, ipAddress: null, requestId: null };
    const { principal } = request;
    const kinds = { session: 'user', key: 'api_key' } as const;
    const actorKind: ActorKind = principal ? kinds[principal.kind] : 'anyone';
    return { actorKind, actorId: principal?.userId ?? null, ipAddress: keptAddress(requestMeta(request).ipAddress, this.config.audit.addresses), requestId: request.id };
  }
}
