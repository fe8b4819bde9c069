import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../../kernel/events/index.js';
import { ApiKeys } from './api-keys.service.js';

/**
 * Ends keys in the transaction of what ends them. Who is disabled loses them with the sessions, and being enabled again brings
 * neither back; a new password ends them unless their owner wants to keep them. A user who is erased takes the rows along.
 */
@Injectable()
export class ApiKeyOwnersHandler implements OnModuleInit {
  constructor(
    private readonly events: EventBus,
    private readonly keys: ApiKeys,
  ) {}

  onModuleInit(): void {
    this.events.on('user.changed', 'beforeCommit', async ({ userId, endsSessions }, { manager }) => {
      if (endsSessions) await this.keys.endAll(userId, manager);
    });
    this.events.on('password.changed', 'beforeCommit', async ({ userId, keepApiKeys }, { manager }) => {
      if (!keepApiKeys) await this.keys.endAll(userId, manager);
    });
  }
}
