import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Max, Min, ValidateIf } from 'class-validator';
import { Page } from '../../../kernel/http/index.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../webhook-event.js';
import type { WebhookRecord } from './webhooks.repository.js';

const MAX_URL_LENGTH = 2_048;
const MAX_DESCRIPTION_LENGTH = 200;
const DAY_SECONDS = 86_400;
const EVENTS = { enum: WEBHOOK_EVENT_TYPES, enumName: 'WebhookEventType', isArray: true } as const;
/** What is left out is left as it is; null is not the same. */
const isGiven = (_body: unknown, value: unknown): boolean => value !== undefined;

export class NewWebhookDto {
  /** Where events are sent by POST: `https`, and not in a private network unless `WEBHOOK_ALLOWED_NETWORKS` says so. */
  @ApiProperty({ type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH, example: 'https://hooks.example.org/likeness' })
  @IsString()
  @Length(1, MAX_URL_LENGTH)
  url: string;

  /** For those who manage it. */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: MAX_DESCRIPTION_LENGTH, example: 'purges the CDN' })
  @IsOptional()
  @IsString()
  @Length(1, MAX_DESCRIPTION_LENGTH)
  description?: string | null;

  @ApiProperty({ ...EVENTS, minItems: 1, maxItems: WEBHOOK_EVENT_TYPES.length, uniqueItems: true, example: ['avatar.changed', 'user.deleted'] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENT_TYPES, { each: true })
  events: WebhookEventType[];
}

export class WebhookPatchDto {
  @ApiPropertyOptional({ type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH })
  @ValidateIf(isGiven)
  @IsString()
  @Length(1, MAX_URL_LENGTH)
  url?: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: MAX_DESCRIPTION_LENGTH })
  @IsOptional()
  @IsString()
  @Length(1, MAX_DESCRIPTION_LENGTH)
  description?: string | null;

  @ApiPropertyOptional({ ...EVENTS, minItems: 1, maxItems: WEBHOOK_EVENT_TYPES.length, uniqueItems: true })
  @ValidateIf(isGiven)
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENT_TYPES, { each: true })
  events?: WebhookEventType[];

  /** True: nothing more is written down for it, and what waits goes on waiting. */
  @ApiPropertyOptional({ type: 'boolean' })
  @ValidateIf(isGiven)
  @IsBoolean()
  disabled?: boolean;
}

export class WebhookSecretDto {
  /** How long the secret of now signs beside the new one, so that receivers have time to learn it; 0: not at all, since somebody else knows it. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 30 * DAY_SECONDS, default: DAY_SECONDS })
  @ValidateIf(isGiven)
  @IsInt()
  @Min(0)
  @Max(30 * DAY_SECONDS)
  overlapSeconds: number = DAY_SECONDS;
}

export class WebhookDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uri' })
  url: string;

  @ApiProperty({ type: 'string', nullable: true })
  description: string | null;

  @ApiProperty(EVENTS)
  events: WebhookEventType[];

  disabled: boolean;

  /** Until then the secret before the present one signs, too; null when it does not. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  previousSecretUntil: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;

  static from(webhook: WebhookRecord): WebhookDto {
    return Object.assign(new WebhookDto(), fieldsOf(webhook) satisfies WebhookDto);
  }
}

/** A webhook with its secret, which nobody can show again. */
export class WebhookWithSecretDto extends WebhookDto {
  /** The key of the HMAC in `Likeness-Signature`. */
  @ApiProperty({ example: 'whsec_…' })
  secret: string;

  static withSecret(webhook: WebhookRecord, secret: string): WebhookWithSecretDto {
    return Object.assign(new WebhookWithSecretDto(), { ...fieldsOf(webhook), secret } satisfies WebhookWithSecretDto);
  }
}

export class WebhookPageDto extends Page<WebhookDto> {
  @ApiProperty({ type: () => [WebhookDto] })
  items: WebhookDto[];

  static from(page: { items: WebhookDto[]; nextCursor: string | null }): WebhookPageDto {
    return Object.assign(new WebhookPageDto(), page satisfies WebhookPageDto);
  }
}

const fieldsOf = (webhook: WebhookRecord): WebhookDto => ({
  id: webhook.id,
  url: webhook.url,
  description: webhook.description,
  events: [...webhook.events],
  disabled: webhook.disabled,
  previousSecretUntil: webhook.previousSecretUntil?.toISOString() ?? null,
  createdAt: webhook.createdAt.toISOString(),
  updatedAt: webhook.updatedAt.toISOString(),
});
