import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../../kernel/events/index.js';
import { TokenRepository } from '../tokens/index.js';

/** Ends all sessions of users who are disabled or deleted, before the one who did it is answered. */
@Injectable()
export class UserSessionsHandler implements OnModuleInit {
  constructor(
    private readonly events: EventBus,
    private readonly tokens: TokenRepository,
  ) {}

  onModuleInit(): void {
    this.events.on('user.changed', 'beforeAnswer', async ({ userId, endsSessions }) => {
      if (endsSessions) await this.tokens.endAll(userId, {});
    });
    this.events.on('user.deleted', 'beforeAnswer', ({ userId }) => this.tokens.endAll(userId, { erase: true }));
  }
}
