import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { AdminOnly, ApiProblems, LastingSessionOnly, OptionalBody, PageQuery, UuidParam } from '../../../kernel/http/index.js';
import { CurrentCall, Idempotency, Idempotent, type IdempotentCall } from '../../../kernel/idempotency/index.js';
import { NewWebhookDto, WebhookDto, WebhookPageDto, WebhookPatchDto, WebhookSecretDto, WebhookWithSecretDto } from './webhook.dto.js';
import { WebhooksService } from './webhooks.service.js';

/** Addresses of the operator's that are told what happens. */
@ApiTags('webhooks')
@ApiBearerAuth()
@AdminOnly()
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly idempotency: Idempotency,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** All webhooks, newest first, without their secrets. */
  @Get()
  @ApiOkResponse({ type: WebhookPageDto })
  @ApiProblems('auth.forbidden')
  listWebhooks(@Query() query: PageQuery): Promise<WebhookPageDto> {
    return this.webhooks.page(query);
  }

  /** Have an address told what happens from now on. The secret that signs is in this answer, and nowhere else. */
  @Post()
  @LastingSessionOnly()
  @Idempotent()
  @ApiCreatedResponse({ type: WebhookWithSecretDto, headers: { Location: { description: 'Where the webhook is.', schema: { type: 'string', format: 'uri' } } } })
  @ApiProblems('auth.forbidden', 'webhook.limit', 'request.outcome_unknown')
  async createWebhook(@Body() body: NewWebhookDto, @CurrentCall() call: IdempotentCall, @Res({ passthrough: true }) reply: FastifyReply): Promise<WebhookWithSecretDto> {
    const webhook = await this.idempotency.run(call, 'withSecret', (attempt) => this.webhooks.create(body, attempt));
    reply.header('location', `${this.config.http.publicUrl}/v1/webhooks/${webhook.id}`);
    return webhook;
  }

  /** One webhook, without its secret. */
  @Get(':id')
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems('auth.forbidden', 'webhook.not_found')
  getWebhook(@UuidParam('id') id: string): Promise<WebhookDto> {
    return this.webhooks.one(id);
  }

  /** Change a webhook; what is left out stays. What already waits is sent to the new address. */
  @Patch(':id')
  @LastingSessionOnly()
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems('auth.forbidden', 'webhook.not_found', 'request.outcome_unknown')
  changeWebhook(@UuidParam('id') id: string, @Body() body: WebhookPatchDto): Promise<WebhookDto> {
    return this.webhooks.change(id, body);
  }

  /** Make a new secret. The one of now signs beside it for a while: `Likeness-Signature` then has two `v1`, and either is good. */
  @Post(':id/secret')
  @LastingSessionOnly()
  @HttpCode(200)
  @ApiOkResponse({ type: WebhookWithSecretDto })
  @ApiProblems('auth.forbidden', 'webhook.not_found', 'request.outcome_unknown')
  replaceWebhookSecret(@UuidParam('id') id: string, @OptionalBody(WebhookSecretDto) { overlapSeconds }: WebhookSecretDto): Promise<WebhookWithSecretDto> {
    return this.webhooks.replaceSecret(id, overlapSeconds);
  }

  /** Delete a webhook, with everything that waits for it and its log. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.forbidden', 'webhook.not_found', 'request.outcome_unknown')
  deleteWebhook(@UuidParam('id') id: string): Promise<void> {
    return this.webhooks.remove(id);
  }
}
