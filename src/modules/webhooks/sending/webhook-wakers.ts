import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventBus } from '../../../kernel/events/index.js';

const CHANGES = ['user.created', 'user.changed', 'user.deleted', 'avatar.changed', 'sessions.ended', 'session.ended'] as const;

/** When there may be something to send: only a process that serves sends, and changes anywhere wake it. */
@Injectable()
export class WebhookWakers {
  constructor(
    private readonly bus: EventBus,
    private readonly host: HttpAdapterHost,
  ) {}

  get isServing(): boolean {
    return Boolean(this.host.httpAdapter);
  }

  /** For speed; what is not heard of is found by looking. */
  onChange(wake: () => void): void {
    for (const event of CHANGES) this.bus.on(event, 'delivered', wake);
  }
}
