import { ApiProperty } from '@nestjs/swagger';
import { ApiKeyDto, type ApiKeyRecord } from '../api-keys/index.js';
import { TOKEN_PURPOSES, type TokenPurpose } from '../credentials/one-time-token.codec.js';
import { SessionDto } from '../sessions/session.dto.js';

/** A token in a mail that was sent and not used yet; the token itself is not stored. */
export class MailedTokenDto {
  @ApiProperty({ enum: TOKEN_PURPOSES })
  purpose: TokenPurpose;

  @ApiProperty({ format: 'idn-email' })
  email: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt: string;
}

/** A key, revoked ones included, without its secret. */
export class KeptApiKeyDto extends ApiKeyDto {
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  revokedAt: string | null;

  static kept(key: ApiKeyRecord & { readonly revokedAt: Date | null }): KeptApiKeyDto {
    return Object.assign(new KeptApiKeyDto(), { ...ApiKeyDto.from(key), revokedAt: key.revokedAt?.toISOString() ?? null } satisfies KeptApiKeyDto);
  }
}

/** What this module keeps of a user. */
export class OwnRecordsDto {
  /** Those that go on. */
  sessions: SessionDto[];

  apiKeys: KeptApiKeyDto[];

  mailedTokens: MailedTokenDto[];
}
