import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsInt, IsISO8601, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { API_KEY_SCOPES, Page, type ApiKeyScope } from '../../../kernel/http/index.js';
import { publicPartOf } from './api-key.codec.js';
import type { ApiKeyRecord } from './api-key.record.js';

const MAX_OVERLAP_SECONDS = 30 * 86_400;
export const DEFAULT_OVERLAP_SECONDS = 86_400;

/** Something to see, and no controls or marks that reorder what stands around them. */
const PRINTABLE = /^(?=.*[\p{L}\p{N}\p{P}\p{S}])[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;
/** ISO 8601 with seconds, to the millisecond at most, and with its offset: a time without one would be the server's. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

export class NewApiKeyDto {
  @ApiProperty({ type: 'string', minLength: 1, maxLength: 100, example: 'nightly export' })
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, { message: 'name must be printable' })
  name: string;

  /** From here on the key is refused; left out or null: until it is revoked. */
  @ApiPropertyOptional({ type: 'string', format: 'date-time', nullable: true, example: '2030-01-01T00:00:00.000Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(MOMENT, { message: 'expiresAt must be a time with seconds and an offset' })
  expiresAt?: string | null;

  /** What it may be used for. Only an admin can grant `tokens:introspect` and `tokens:revoke`. */
  @ApiProperty({ enum: API_KEY_SCOPES, enumName: 'ApiKeyScope', isArray: true, minItems: 1, maxItems: API_KEY_SCOPES.length, uniqueItems: true, example: ['users:read'] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(API_KEY_SCOPES, { each: true })
  scopes: ApiKeyScope[];
}

export class RotateApiKeyDto {
  /** For how long the secret that is replaced still works; 0: not at all. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_OVERLAP_SECONDS, default: DEFAULT_OVERLAP_SECONDS })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_OVERLAP_SECONDS)
  overlapSeconds?: number;
}

export class ApiKeyDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  name: string;

  /** What the text of the key begins with. */
  @ApiProperty({ example: 'lk_AZOPPHoQfD6aUj8rjRxOVQ' })
  prefix: string;

  @ApiProperty({ enum: API_KEY_SCOPES, enumName: 'ApiKeyScope', isArray: true })
  scopes: ApiKeyScope[];

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  expiresAt: string | null;

  /** To the minute. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  lastUsedAt: string | null;

  /** Until when the secret that was replaced last still works; null: only the current one does. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  previousSecretWorksUntil: string | null;

  static from(key: ApiKeyRecord): ApiKeyDto {
    return Object.assign(new ApiKeyDto(), fieldsOf(key) satisfies ApiKeyDto);
  }
}

/** A key with its secret, which nobody can show again. */
export class ApiKeyWithSecretDto extends ApiKeyDto {
  /** To be sent as `Authorization: Bearer lk_…`. */
  @ApiProperty({ example: 'lk_…' })
  secret: string;

  static withSecret(key: ApiKeyRecord, secret: string): ApiKeyWithSecretDto {
    return Object.assign(new ApiKeyWithSecretDto(), { ...fieldsOf(key), secret } satisfies ApiKeyWithSecretDto);
  }
}

export class ApiKeyPageDto extends Page<ApiKeyDto> {
  @ApiProperty({ type: () => [ApiKeyDto] })
  items: ApiKeyDto[];

  static from(page: { items: ApiKeyDto[]; nextCursor: string | null }): ApiKeyPageDto {
    return Object.assign(new ApiKeyPageDto(), page satisfies ApiKeyPageDto);
  }
}

const fieldsOf = (key: ApiKeyRecord): ApiKeyDto => ({
  id: key.id,
  name: key.name,
  prefix: publicPartOf(key.id),
  scopes: [...key.scopes],
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt?.toISOString() ?? null,
  lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  previousSecretWorksUntil: key.previousSecretWorksUntil?.toISOString() ?? null,
});
