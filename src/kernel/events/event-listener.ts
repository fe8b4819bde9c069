import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { EventFollowers, FollowerRef } from './event-followers.repository.js';
import type { EventHandlers } from './event-handlers.js';
import type { Event } from './event-map.js';

/** A process without a name never comes back; one with a name may have been away for a long weekend. */
const KEPT_SECONDS = { unnamed: 3_600, named: 7 * 86_400 } as const;

/** This instance in the log: calls the `delivered` handlers for each fact in turn, and remembers in the database how far it has come. */
export class EventListener {
  private readonly logger = new Logger('Events');
  private readonly holder = randomUUID();
  private name: string;
  private hasBegun = false;

  constructor(
    private readonly followers: EventFollowers,
    private readonly handlers: EventHandlers,
    private readonly givenName: string | null,
  ) {
    this.name = givenName === null ? `process ${this.holder}` : `instance ${givenName}`;
  }

  /** One batch. A crash in its midst has it heard again from its beginning. True when there may be more. */
  async hear(): Promise<boolean> {
    const next = this.hasBegun ? await this.followers.next(this.self) : null;
    if (next === null) return this.begin();
    for (const { name, payload } of next.facts) await this.handlers.deliver({ name, payload } as Event);
    const last = next.facts.at(-1);
    if (last) await this.followers.advance(this.self, last.position);
    return next.isFull;
  }

  /** Who has no name keeps nothing for a later process. */
  async leave(): Promise<void> {
    if (this.hasBegun && this.isUnnamed) await this.followers.leave(this.self);
  }

  private get self(): FollowerRef {
    return { name: this.name, holder: this.holder };
  }

  private get isUnnamed(): boolean {
    return this.name.startsWith('process ');
  }

  private async begin(): Promise<true> {
    const keptSeconds = this.isUnnamed ? KEPT_SECONDS.unnamed : KEPT_SECONDS.named;
    // A process that starts is the one that ran under this name before; afterwards somebody else has taken the name from us.
    const beginning = await this.followers.begin(this.self, { keptSeconds, takesOver: !this.hasBegun });
    if (beginning === 'taken') {
      this.logger.error(`Another instance goes by the name of this one, INSTANCE_NAME=${this.givenName}: this one goes on without a name`);
      this.name = `process ${this.holder}`;
      return true;
    }
    this.hasBegun = true;
    if (beginning === 'new') await this.handlers.deliver({ name: 'facts.missed', payload: {} });
    return true;
  }
}
