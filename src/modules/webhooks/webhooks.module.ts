import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { DeliveryLogRepository } from './management/delivery-log.repository.js';
import { DeliveryLog } from './management/delivery-log.service.js';
import { WebhookDeliveriesController } from './management/webhook-deliveries.controller.js';
import { WebhooksController } from './management/webhooks.controller.js';
import { WebhooksRepository } from './management/webhooks.repository.js';
import { WebhooksService } from './management/webhooks.service.js';
import { DeliveriesRepository } from './sending/deliveries.repository.js';
import { WebhookMetrics } from './sending/webhook-metrics.js';
import { WebhookRelay } from './sending/webhook-relay.js';
import { WebhookSender } from './sending/webhook-sender.js';
import { WebhookWakers } from './sending/webhook-wakers.js';
import { WebhookWorker } from './sending/webhook-worker.service.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookEntity } from './webhook.entity.js';

/** Facts for the operator's other services: handed out from the log of events, and signed requests at least once after it. */
@Module({
  imports: [TypeOrmModule.forFeature([WebhookEntity, WebhookDeliveryEntity])],
  controllers: [WebhooksController, WebhookDeliveriesController],
  providers: [
    ...[WebhookSecrets, DeliveriesRepository, WebhookMetrics, WebhookRelay, WebhookWakers, WebhookWorker],
    {
      provide: WebhookSender,
      useFactory: ({ webhooks, environment }: AppConfig) => new WebhookSender({ allowedNetworks: webhooks.allowedNetworks, isHttpAllowed: environment !== 'production' }),
      inject: [APP_CONFIG],
    },
    ...[DeliveryLog, DeliveryLogRepository, WebhooksRepository, WebhooksService],
  ],
})
export class WebhooksModule {}
