import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditLog } from '../../kernel/audit/index.js';
import { EventBus } from '../../kernel/events/index.js';
import { actingRequests } from '../../kernel/http/index.js';
import './user-events.js';

/** Writes down what happens to accounts, in the transaction in which it happens. */
@Injectable()
export class UserAuditHandler implements OnModuleInit {
  constructor(
    private readonly events: EventBus,
    private readonly audit: AuditLog,
  ) {}

  onModuleInit(): void {
    this.events.on('user.created', 'beforeCommit', ({ userId }, { manager }) => this.audit.record(manager, { action: 'user.created', subjectId: userId }));
    this.events.on('user.deleted', 'beforeCommit', ({ userId }, { manager }) => this.erase(manager, userId));
    this.events.on('standing.changed', 'beforeCommit', async ({ userId, roles, disabled }, { manager }) => {
      if (roles) await this.audit.record(manager, { action: 'user.roles_changed', subjectId: userId, details: { roles } });
      if (disabled !== null) await this.audit.record(manager, { action: disabled ? 'user.disabled' : 'user.enabled', subjectId: userId });
    });
    this.events.on('sessions.ended', 'beforeCommit', ({ userId, keptSessionId }, { manager }) =>
      this.audit.record(manager, { action: 'sessions.ended', subjectId: userId, details: { keptSessionId } }),
    );
    for (const action of ['password.changed', 'email.change_requested', 'email.changed'] as const) {
      this.events.on(action, 'beforeCommit', ({ userId }, { manager }) => this.audit.record(manager, { action, subjectId: userId }));
    }
    this.events.on('avatar.changed', 'beforeCommit', async ({ userId }, { manager }) => {
      if (actingRequests.current?.principal?.userId !== userId) await this.audit.record(manager, { action: 'avatar.changed', subjectId: userId });
    });
    this.events.on('default_picture.changed', 'beforeCommit', ({ key }, { manager }) =>
      this.audit.record(manager, { action: 'default_picture.changed', subjectId: null, details: { picture: key } }),
    );
  }

  private async erase(manager: EntityManager, userId: string): Promise<void> {
    await this.audit.record(manager, { action: 'user.deleted', subjectId: userId });
    await this.audit.forgetAddresses(manager, userId);
  }
}
