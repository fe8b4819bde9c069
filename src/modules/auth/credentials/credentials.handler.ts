import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../../kernel/events/index.js';
import { TokenRepository } from '../tokens/index.js';
import { AccountMails } from './account-mails.service.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';

/** What follows from a new password or another address, however it came about. */
@Injectable()
export class CredentialsHandler implements OnModuleInit {
  constructor(
    private readonly events: EventBus,
    private readonly tokens: TokenRepository,
    private readonly oneTime: OneTimeTokens,
    private readonly mails: AccountMails,
  ) {}

  onModuleInit(): void {
    // A link that waits in a mailbox must not undo what its owner has done since.
    for (const event of ['password.changed', 'email.change_requested', 'email.changed'] as const) {
      this.events.on(event, 'beforeCommit', ({ userId }, { manager }) => this.oneTime.discard(manager, 'password_reset', userId));
    }
    this.events.on('password.changed', 'beforeAnswer', async ({ userId, sessionEpoch, keptSessionId }) => {
      // Where none is kept, `user.changed` has said so, and all are ended already.
      if (keptSessionId !== null) await this.tokens.endAll(userId, { keep: { sessionId: keptSessionId, userEpoch: sessionEpoch } });
    });
    this.events.on('email.change_requested', 'beforeAnswer', ({ userId }) => {
      this.mails.emailVerification(userId);
      this.mails.emailChangeRequested(userId);
    });
    this.events.on('email.changed', 'beforeAnswer', ({ userId, previousEmail }) => this.mails.emailChanged(userId, previousEmail));
  }
}
