import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { Page, PageQuery } from '../../../kernel/http/index.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../webhook-event.js';
import { DELIVERY_STATES, type DeliveryAttempt, type DeliveryState } from '../webhook-delivery.entity.js';
import type { DeliveryRecord } from './delivery-log.repository.js';

const STATE = { enum: DELIVERY_STATES, enumName: 'WebhookDeliveryState' } as const;

export class WebhookDeliveryQueryDto extends PageQuery {
  /** `dead`: what was given up, to be asked for again when the receiver is well. */
  @ApiPropertyOptional(STATE)
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  state?: DeliveryState;
}

export class WebhookDeliveryAttemptDto {
  @ApiProperty({ format: 'date-time' })
  at: string;

  /** What the receiver answered; null when nothing came back. */
  @ApiProperty({ type: 'integer', nullable: true, example: 503 })
  status: number | null;

  /** Why nothing came back, in one word. */
  @ApiProperty({ type: 'string', nullable: true, example: null })
  error: string | null;

  @ApiProperty({ type: 'integer', minimum: 0 })
  durationMs: number;

  static from(attempt: DeliveryAttempt): WebhookDeliveryAttemptDto {
    const { at, status, error, durationMs } = attempt;
    return Object.assign(new WebhookDeliveryAttemptDto(), { at, status, error, durationMs } satisfies WebhookDeliveryAttemptDto);
  }
}

/** One event for one webhook, and what became of it. */
export class WebhookDeliveryDto {
  /** The `Likeness-Delivery` header; the same at each try. */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** The `id` in the body. */
  @ApiProperty({ format: 'uuid' })
  eventId: string;

  @ApiProperty({ enum: WEBHOOK_EVENT_TYPES, enumName: 'WebhookEventType' })
  type: WebhookEventType;

  @ApiProperty(STATE)
  state: DeliveryState;

  /** Tries since it was made, or last asked for again. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  attempts: number;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** When it is tried next; null when it is not. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  nextAttemptAt: string | null;

  /** The last 30 tries, oldest first. */
  @ApiProperty({ type: () => [WebhookDeliveryAttemptDto] })
  log: WebhookDeliveryAttemptDto[];

  static from(delivery: DeliveryRecord): WebhookDeliveryDto {
    return Object.assign(new WebhookDeliveryDto(), {
      id: delivery.id,
      eventId: delivery.eventId,
      type: delivery.type,
      state: delivery.state,
      attempts: delivery.attempts,
      createdAt: delivery.createdAt.toISOString(),
      nextAttemptAt: delivery.state === 'pending' ? delivery.dueAt.toISOString() : null,
      log: delivery.log.map((attempt) => WebhookDeliveryAttemptDto.from(attempt)),
    } satisfies WebhookDeliveryDto);
  }
}

export class WebhookDeliveryPageDto extends Page<WebhookDeliveryDto> {
  @ApiProperty({ type: () => [WebhookDeliveryDto] })
  items: WebhookDeliveryDto[];

  static from(page: { items: WebhookDeliveryDto[]; nextCursor: string | null }): WebhookDeliveryPageDto {
    return Object.assign(new WebhookDeliveryPageDto(), page satisfies WebhookDeliveryPageDto);
  }
}
