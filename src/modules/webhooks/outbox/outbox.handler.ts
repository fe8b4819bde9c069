import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { EventBus, type EventMap, type PhaseContext } from '../../../kernel/events/index.js';
import { factOfChange, factOfCreation, factOfDeletion, factOfPicture, factOfSessions, type WebhookFact } from '../webhook-event.js';
import { OutboxRepository } from './outbox.repository.js';

type Told = 'user.created' | 'user.changed' | 'user.deleted' | 'avatar.changed' | 'sessions.ended';

/** Writes down what webhooks may want to hear, in the transaction in which it happens. */
@Injectable()
export class OutboxHandler implements OnModuleInit {
  constructor(
    private readonly bus: EventBus,
    private readonly outbox: OutboxRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.tell('user.created', factOfCreation);
    this.tell('user.changed', factOfChange);
    this.tell('user.deleted', factOfDeletion);
    this.tell('sessions.ended', factOfSessions);
    this.tell('avatar.changed', (payload) => factOfPicture(payload, this.config.http.publicUrl));
  }

  private tell<K extends Told>(event: K, facts: (payload: EventMap[K]) => WebhookFact[]): void {
    this.bus.on(event, 'beforeCommit', (payload: EventMap[K], { manager }: PhaseContext['beforeCommit']) => this.outbox.append(manager, facts(payload)));
  }
}
