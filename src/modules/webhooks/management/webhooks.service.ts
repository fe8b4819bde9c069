import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/index.js';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { isUuid } from '../../../kernel/crypto/index.js';
import { requestInvalid } from '../../../kernel/errors/index.js';
import { decodeCursor, encodeCursor, type PageQuery } from '../../../kernel/http/index.js';
import type { Attempt } from '../../../kernel/idempotency/index.js';
import { WebhookSender } from '../sending/webhook-sender.js';
import { WebhookSecrets } from '../webhook-secrets.js';
import { webhookLimit, webhookNotFound } from '../webhooks.errors.js';
import { WebhookDto, WebhookPageDto, WebhookWithSecretDto, type NewWebhookDto, type WebhookPatchDto } from './webhook.dto.js';
import { WebhooksRepository, type WithinChange } from './webhooks.repository.js';

/** Each takes a row and a request per event. */
const MAX_WEBHOOKS = 50;

/** Webhooks as admins manage them. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly secrets: WebhookSecrets,
    private readonly sender: WebhookSender,
    private readonly ids: IdGenerator,
    private readonly audit: AuditLog,
  ) {}

  async page({ limit, cursor }: PageQuery): Promise<WebhookPageDto> {
    const rows = await this.webhooks.pageAfter(decodeCursor(cursor, isUuid), limit + 1);
    const items = rows.slice(0, limit).map((webhook) => WebhookDto.from(webhook));
    return WebhookPageDto.from({ items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)!.id) : null });
  }

  async one(id: string): Promise<WebhookDto> {
    const webhook = await this.webhooks.byId(id);
    if (!webhook) throw webhookNotFound();
    return WebhookDto.from(webhook);
  }

  /** Throws 400 for an address that may not be reached, 409 when there are too many. */
  async create({ url, description = null, events }: NewWebhookDto, attempt: Attempt): Promise<WebhookWithSecretDto> {
    this.check(url);
    const made = attempt.made && (await this.made(attempt.made));
    if (made) return made;
    const [id, secret] = [this.ids.next(), this.secrets.make()];
    const webhook = await this.webhooks.insert({ id, url, description, events, sealedSecret: this.secrets.seal(id, secret) }, MAX_WEBHOOKS, async (manager) => {
      await this.audit.record(manager, { action: 'webhook.created', subjectId: null, details: { webhookId: id } });
      await attempt.record(manager, { subjectId: id, userId: null });
    });
    if (!webhook) throw webhookLimit(MAX_WEBHOOKS);
    return WebhookWithSecretDto.withSecret(webhook, secret);
  }

  async change(id: string, patch: WebhookPatchDto): Promise<WebhookDto> {
    if (patch.url !== undefined) this.check(patch.url);
    const webhook = await this.webhooks.update(id, patch, this.noted('webhook.changed', id));
    if (!webhook) throw webhookNotFound();
    return WebhookDto.from(webhook);
  }

  /** A new secret, shown once. */
  async replaceSecret(id: string, overlapSeconds: number): Promise<WebhookWithSecretDto> {
    const secret = this.secrets.make();
    const webhook = await this.webhooks.replaceSecret(id, this.secrets.seal(id, secret), overlapSeconds);
    if (!webhook) throw webhookNotFound();
    return WebhookWithSecretDto.withSecret(webhook, secret);
  }

  async remove(id: string): Promise<void> {
    if (!(await this.webhooks.remove(id, this.noted('webhook.deleted', id)))) throw webhookNotFound();
  }

  private noted(action: 'webhook.changed' | 'webhook.deleted', webhookId: string): WithinChange {
    return (manager) => this.audit.record(manager, { action, subjectId: null, details: { webhookId } });
  }

  /** One whose maker died before it could tell the secret. */
  private async made(id: string): Promise<WebhookWithSecretDto | null> {
    const webhook = await this.webhooks.byId(id);
    const secret = webhook && this.secrets.open(id, webhook.sealedSecret);
    return secret === null ? null : WebhookWithSecretDto.withSecret(webhook!, secret);
  }

  private check(url: string): void {
    const refusal = this.sender.refusalOf(url);
    if (refusal !== null) throw requestInvalid([{ field: 'url', code: 'url', message: `url ${refusal}` }]);
  }
}
