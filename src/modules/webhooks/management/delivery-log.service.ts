import { Injectable } from '@nestjs/common';
import { isUuid } from '../../../kernel/crypto/index.js';
import { decodeCursor, encodeCursor } from '../../../kernel/http/index.js';
import { WebhookWorker } from '../sending/webhook-worker.service.js';
import { deliveryNotFound, webhookNotFound } from '../webhooks.errors.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { WebhookDeliveryDto, WebhookDeliveryPageDto, type WebhookDeliveryQueryDto } from './webhook-delivery.dto.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** What was delivered, what waits and what is dead; and once more on request. */
@Injectable()
export class DeliveryLog {
  constructor(
    private readonly log: DeliveryLogRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly worker: WebhookWorker,
  ) {}

  async page(webhookId: string, { limit, cursor, state }: WebhookDeliveryQueryDto): Promise<WebhookDeliveryPageDto> {
    if (!(await this.webhooks.byId(webhookId))) throw webhookNotFound();
    const rows = await this.log.pageAfter({ webhookId, state: state ?? null }, decodeCursor(cursor, isUuid), limit + 1);
    const items = rows.slice(0, limit).map((delivery) => WebhookDeliveryDto.from(delivery));
    return WebhookDeliveryPageDto.from({ items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!.id) : null });
  }

  async redeliver(webhookId: string, deliveryId: string): Promise<WebhookDeliveryDto> {
    const delivery = await this.log.revive(webhookId, deliveryId);
    if (!delivery) throw deliveryNotFound();
    this.worker.wake();
    return WebhookDeliveryDto.from(delivery);
  }
}
