import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { uuidFromBytes } from '../../../kernel/crypto/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { EventBus } from '../../../kernel/events/index.js';
import type { Platform } from '../platform.js';
import type { EndReason } from './token-repository.js';

declare module '../../../kernel/events/event-map.js' {
  interface EventMap {
    /** One session is over before its time; that all are over is `sessions.ended`. `endedAt` is ISO 8601, by the store's clock. */
    'session.ended': EndedSession;
  }
}

export interface EndedSession {
  readonly userId: string;
  readonly sessionId: string;
  readonly platform: Platform;
  readonly reason: EndReason;
  readonly endedAt: string;
}

/** Tells of sessions that the token store ended one by one. */
@Injectable()
export class EndedSessions {
  constructor(
    private readonly bus: EventBus,
    private readonly transactions: Transactions,
  ) {}

  /** In the transaction in which they end. What was told already, and not long ago, is not told again. */
  async within(manager: EntityManager, sessions: readonly EndedSession[]): Promise<void> {
    for (const session of sessions) {
      const isNew = await this.bus.record(manager, 'session.ended', session, eventIdOf(session));
      if (isNew) await this.bus.run('session.ended', 'beforeCommit', session, { manager });
    }
  }

  /** For a store that is another than the log's. */
  async tell(sessions: readonly EndedSession[]): Promise<void> {
    await this.transactions.run((manager) => this.within(manager, sessions));
    this.bus.hasten();
  }
}

/** A session ends once, so what is told twice is the same event: a UUIDv8 (RFC 9562 §5.8) of its id. */
const eventIdOf = ({ sessionId }: EndedSession): string => {
  const bytes = createHash('sha256').update(`session.ended:${sessionId}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidFromBytes(bytes);
};
