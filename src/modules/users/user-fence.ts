import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../kernel/events/index.js';
import { UserSnapshotCache } from './user-snapshot-cache.js';
import './user-events.js';

const FENCED = ['user.changed', 'user.deleted', 'avatar.changed'] as const;

/** Clears the cached user on every change of it: before the commit, and again before the answer (guarantees §4). */
@Injectable()
export class UserFence implements OnModuleInit {
  constructor(
    private readonly bus: EventBus,
    private readonly cache: UserSnapshotCache,
  ) {}

  onModuleInit(): void {
    for (const event of FENCED) {
      for (const phase of ['beforeCommit', 'beforeAnswer'] as const) {
        this.bus.on(event, phase, ({ userId, version }) => this.cache.fence(userId, version));
      }
    }
  }
}
