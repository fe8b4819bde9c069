import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
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
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> | null = null;
  private isWanted = false;
  private isClosing = false;
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
    this.timer = setInterval(() => this.hasten(), LOOK_INTERVAL_MS).unref();
    this.hasten();
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.timer);
    await this.pass;
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
    if (this.isClosing || !this.timer) return;
    this.isWanted = true;
    this.pass ??= this.look().finally(() => (this.pass = null));
  }

  /** Tells other instances that there is something to hear, if there are any. Never throws. */
  protected wakeOthers(): void {
    // This one is alone.
  }

  private async look(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      do {
        this.isWanted = false;
        if ((await this.log.place()) > 0) this.wakeOthers();
        // The command line, in which nobody listens, leaves the rest to those who serve.
        if (this.handlers.areDelivered) this.isWanted ||= await this.listener.hear();
      } while (this.isWanted && !this.isClosing);
      await this.pruneAtTimes();
      this.isWaiting = false;
    } catch (error) {
      if (!this.isWaiting) this.logger.warn(`Events wait; the next look tries again: ${error instanceof Error ? error.message : 'unknown'}`);
      this.isWaiting = true;
    }
  }

  private async pruneAtTimes(): Promise<void> {
    if (performance.now() - this.prunedAt < PRUNE_INTERVAL_MS) return;
    this.prunedAt = performance.now();
    await this.followers.forgetTheAbsent();
    await this.log.prune();
  }
}
