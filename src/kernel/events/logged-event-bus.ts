import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { WorkerLoop } from '../worker-loop/index.js';
import { EventBus, type EventHandler, type EventPhase, type PhaseContext } from './event-bus.js';
import { EventFollowers } from './event-followers.repository.js';
import { EventHandlers } from './event-handlers.js';
import { EventListener } from './event-listener.js';
import { EventLog } from './event-log.repository.js';
import type { EventMap, EventName } from './event-map.js';

/** What is not heard of at once is found by looking. */
const LOOK_INTERVAL_MS = 2_000;
const PRUNE_INTERVAL_MS = 60_000;

/**
 * The awaited phases run here, as they must. What is delivered comes from the log in the database alone, so that nothing is told that was rolled back, and
 * nothing is left out that was committed; whatever wakes this instance only makes it look sooner.
 */
@Injectable()
export class LoggedEventBus extends EventBus implements OnApplicationBootstrap, OnModuleDestroy {
  protected readonly logger = new Logger('Events');
  private readonly handlers = new EventHandlers();
  private readonly listener: EventListener;
  private readonly loop = new WorkerLoop(() => this.look(), (error) => this.lookFailed(error));
  private isListening = false;
  private isWaiting = false;
  private prunedAt = performance.now();

  constructor(
    private readonly log: EventLog,
    private readonly followers: EventFollowers,
    @Inject(APP_CONFIG) { instanceName }: Pick<AppConfig, 'instanceName'>,
  ) {
    super();
    this.listener = new EventListener(followers, this.handlers, instanceName);
  }

  onApplicationBootstrap(): void {
    this.isListening = true;
    this.loop.wakeEvery(LOOK_INTERVAL_MS);
    this.hasten();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await this.listener.leave().catch(() => undefined);
  }

  override on<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void {
    this.handlers.add(event, phase, handler);
  }

  override run<K extends EventName, P extends 'beforeCommit' | 'beforeAnswer'>(
    event: K,
    phase: P,
    payload: EventMap[K],
    context: PhaseContext[P],
  ): Promise<void> {
    return this.handlers.run(event, phase, payload, context);
  }

  override record<K extends EventName>(manager: EntityManager, event: K, payload: EventMap[K], id?: string): Promise<boolean> {
    return this.log.append(manager, event, payload, id);
  }

  override hasten(): void {
    // Not before everybody has said what they want to hear.
    if (this.isListening) this.loop.wake();
  }

  /** Tells other instances that there is something to hear, if there are any. Never throws. */
  protected wakeOthers(): void {
    // This one is alone.
  }

  /** One batch. True when there may be more. */
  private async look(): Promise<boolean> {
    if ((await this.log.place()) > 0) this.wakeOthers();
    // The command line, in which nobody listens, leaves the rest to those who serve.
    const isMore = this.handlers.areDelivered && (await this.listener.hear());
    if (!isMore) await this.pruneAtTimes();
    this.isWaiting = false;
    return isMore;
  }

  private lookFailed(error: unknown): void {
    if (!this.isWaiting) this.logger.warn(`Events wait; the next look tries again: ${error instanceof Error ? error.message : 'unknown'}`);
    this.isWaiting = true;
  }

  private async pruneAtTimes(): Promise<void> {
    if (performance.now() - this.prunedAt < PRUNE_INTERVAL_MS) return;
    this.prunedAt = performance.now();
    await this.followers.forgetTheAbsent();
    await this.log.prune();
  }
}
