import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { uuidFromTag, type RedisConnection } from '../../../kernel/cache/index.js';
import { WorkerLoop } from '../../../kernel/worker-loop/index.js';
import type { EndedSessions } from './ended-sessions.js';
import { endedSessionOf } from './redis-token-codec.js';
import { RedisTokenKeys } from './redis-token-keys.js';
import { TOKEN_SCRIPTS } from './redis-token-scripts.js';

const RETRY_MS = 2_000;
const SWEEP_INTERVAL_MS = 3_600_000;
/** Users whose sessions wait to be told of; beyond it they wait for the sweep. */
const MAX_WAITING = 10_000;
const UNTOLD_KEY = /^ut:\{([\w-]{22})\}$/;

/**
 * Tells of sessions that Redis ended one by one. The script that ends one notes it in the same step (`ut:{u}`), and the note goes once the event is
 * committed: whoever dies in between leaves it to be found at the next end of a session of that user, or by the sweep, at each start and hourly.
 */
@Injectable()
export class UntoldSessions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(UntoldSessions.name);
  private readonly waiting = new Set<string>();
  private readonly loop = new WorkerLoop(() => this.tellAll(), (error) => this.tellingFailed(error));
  private sweepTimer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(
    private readonly redis: RedisConnection,
    private readonly ends: EndedSessions,
    private readonly host: HttpAdapterHost,
  ) {}

  /** The command line, which serves nobody, leaves what others left to those who do. */
  onApplicationBootstrap(): void {
    if (!this.host.httpAdapter) return;
    this.loop.wakeEvery(RETRY_MS);
    this.sweepTimer = setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS).unref();
    void this.sweep();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.sweepTimer);
    await this.loop.stop();
    this.isClosing = true;
  }

  /** Returns at once. */
  note(userId: string): void {
    if (this.waiting.size < MAX_WAITING) this.waiting.add(userId);
    this.loop.wake();
  }

  /** What a process that died, or was away from the database for too long, has left. */
  async sweep(): Promise<void> {
    try {
      for await (const keys of this.redis.keyPages('ut:*')) {
        if (this.isClosing) return;
        for (const key of keys) if (UNTOLD_KEY.test(key)) this.note(uuidFromTag(UNTOLD_KEY.exec(key)![1]!));
      }
    } catch (error) {
      this.logger.warn(`Ends of sessions were not looked for; the next hour tries again: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  private async tellAll(): Promise<false> {
    for (const userId of this.waiting) {
      // First, so that one who is noted meanwhile is looked at again.
      this.waiting.delete(userId);
      try {
        while (await this.tellOf(userId));
      } catch (error) {
        this.waiting.add(userId);
        throw error;
      }
    }
    return false;
  }

  private tellingFailed(error: unknown): void {
    this.logger.warn(`Ends of sessions wait to be told: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  /** False when there was nothing. */
  private async tellOf(userId: string): Promise<boolean> {
    const { untold } = new RedisTokenKeys(userId);
    const members = (await this.redis.run(TOKEN_SCRIPTS.untold, [untold], [])) as string[];
    if (members.length === 0) return false;
    await this.ends.tell(members.map((member) => endedSessionOf(userId, member)));
    await this.redis.run(TOKEN_SCRIPTS.told, [untold], members);
    return true;
  }
}
