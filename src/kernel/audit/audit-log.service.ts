import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdGenerator } from '../clock/index.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { actingRequests, requestMeta } from '../http/index.js';
import { Metrics } from '../metrics/index.js';
import { WorkerLoop } from '../worker-loop/index.js';
import type { ActorKind, AuditEntry, AuditFact } from './audit-event.js';
import { AuditEvents } from './audit-events.repository.js';
import { keptAddress } from './kept-address.js';

const MAX_WAITING = 2_000;
/** Who guesses passwords must not push out what others do. */
const MAX_WAITING_FAILURES = 1_000;
const MAX_BATCH = 100;

interface Waiting {
  readonly entry: AuditEntry;
  readonly findSubject: (() => Promise<string | null>) | undefined;
}

type Who = Pick<AuditEntry, 'actorKind' | 'actorId' | 'ipAddress' | 'requestId'>;

/** Who did what to whom, from where (docs/decisions/0013). */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditLog');
  private readonly waiting: Waiting[] = [];
  private readonly loop = new WorkerLoop(() => this.writeBatch(), (error) => this.logger.error(String(error)));
  private lost = 0;
  private readonly lostTotal: { inc(count: number): void };

  constructor(
    private readonly events: AuditEvents,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    metrics: Metrics,
  ) {
    this.lostTotal = metrics.counter('audit_events_lost_total', 'Audit events that could not be written: the database was away for too long.', []);
  }

  /** In the transaction of what was done: both, or neither. */
  async record(manager: EntityManager, fact: AuditFact): Promise<void> {
    await this.events.append(manager, [this.entryOf(fact)]);
  }

  /**
   * Of what was done outside of a transaction, at once after it. Never throws, and nobody waits for it: a process that is killed loses what it has not written
   * yet (milliseconds), and so does one whose database is away for longer than the queue is long. `findSubject` is asked when it is written.
   */
  note(fact: AuditFact, findSubject?: () => Promise<string | null>): void {
    const limit = fact.action === 'login.failed' ? MAX_WAITING_FAILURES : MAX_WAITING;
    if (this.waiting.length >= limit) this.lost += 1;
    else this.waiting.push({ entry: this.entryOf(fact), findSubject });
    this.loop.wake();
  }

  /** What a user leaves behind: no address of theirs. */
  forgetAddresses(manager: EntityManager, userId: string): Promise<void> {
    return this.events.forgetAddresses(manager, userId);
  }

  /** While there is a database to write to. */
  beforeApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  /** Returns once nothing waits to be written. Also called when the last request in flight has been answered. */
  flush(): Promise<void> {
    return this.loop.idle();
  }

  private async writeBatch(): Promise<boolean> {
    const batch = this.waiting.splice(0, MAX_BATCH);
    try {
      const entries: AuditEntry[] = [];
      for (const { entry, findSubject } of batch) entries.push(findSubject ? { ...entry, subjectId: await findSubject() } : entry);
      if (entries.length > 0) await this.events.appendAlone(entries);
    } catch (error) {
      this.lost += batch.length;
      this.logger.error(`Audit events could not be written: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
    const isMore = this.waiting.length > 0;
    if (!isMore) this.reportLost();
    return isMore;
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
