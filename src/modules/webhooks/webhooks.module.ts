import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveryLogRepository } from './management/delivery-log.repository.js';
import { DeliveryLog } from './management/delivery-log.service.js';
import { WebhookDeliveriesController } from './management/webhook-deliveries.controller.js';
import { WebhooksController } from './management/webhooks.controller.js';
import { WebhooksRepository } from './management/webhooks.repository.js';
import { WebhooksService } from './management/webhooks.service.js';
import { OutboxEventEntity } from './outbox/outbox-event.entity.js';
import { OutboxHandler } from './outbox/outbox.handler.js';
import { OutboxRepository } from './outbox/outbox.repository.js';
import { DeliveriesRepository } from './sending/deliveries.repository.js';
import { WebhookSender } from './sending/webhook-sender.js';
import { WebhookWakers } from './sending/webhook-wakers.js';
import { WebhookWorker } from './sending/webhook-worker.service.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookEntity } from './webhook.entity.js';

/** Facts for the operator's other services: an outbox in the transaction of the change, and signed requests at least once after it. */
@Module({
  imports: [TypeOrmModule.forFeature([OutboxEventEntity, WebhookEntity, WebhookDeliveryEntity])],
  controllers: [WebhooksController, WebhookDeliveriesController],
  providers: [
    ...[OutboxHandler, OutboxRepository, WebhookSecrets],
    ...[DeliveriesRepository, WebhookSender, WebhookWakers, WebhookWorker],
    ...[DeliveryLog, DeliveryLogRepository, WebhooksRepository, WebhooksService],
  ],
})
export class WebhooksModule {}
