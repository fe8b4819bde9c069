import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AdminOnly, ApiProblems, UuidParam } from '../../../kernel/http/index.js';
import { DeliveryLog } from './delivery-log.service.js';
import { WebhookDeliveryDto, WebhookDeliveryPageDto, WebhookDeliveryQueryDto } from './webhook-delivery.dto.js';

@ApiTags('webhooks')
@ApiBearerAuth()
@AdminOnly()
@Controller('v1/webhooks/:id/deliveries')
export class WebhookDeliveriesController {
  constructor(private readonly log: DeliveryLog) {}

  /** What became of the events of a webhook, newest first: delivered ones for 7 days, dead ones for 30. */
  @Get()
  @ApiOkResponse({ type: WebhookDeliveryPageDto })
  @ApiProblems('auth.forbidden', 'webhook.not_found')
  listWebhookDeliveries(@UuidParam('id') id: string, @Query() query: WebhookDeliveryQueryDto): Promise<WebhookDeliveryPageDto> {
    return this.log.page(id, query);
  }

  /** Send it again, now, whatever became of it. */
  @Post(':deliveryId/redelivery')
  @HttpCode(202)
  @ApiAcceptedResponse({ type: WebhookDeliveryDto })
  @ApiProblems('auth.forbidden', 'webhook.delivery_not_found', 'request.outcome_unknown')
  redeliver(@UuidParam('id') id: string, @UuidParam('deliveryId') deliveryId: string): Promise<WebhookDeliveryDto> {
    return this.log.redeliver(id, deliveryId);
  }
}
