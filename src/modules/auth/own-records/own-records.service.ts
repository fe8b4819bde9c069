import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../kernel/http/index.js';
import { ApiKeys } from '../api-keys/index.js';
import { OneTimeTokens } from '../credentials/one-time-tokens.repository.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { KeptApiKeyDto, type OwnRecordsDto } from './own-records.dto.js';

/** What is kept of a user's sessions, keys and mails, for the user to take away. Nothing from which anything could be used. */
@Injectable()
export class OwnRecords {
  constructor(
    private readonly sessions: SessionsService,
    private readonly keys: ApiKeys,
    private readonly mailed: OneTimeTokens,
  ) {}

  async of(me: SessionPrincipal): Promise<OwnRecordsDto> {
    const [sessions, apiKeys, mailedTokens] = await Promise.all([this.sessions.ownList(me), this.keys.allKept(me.userId), this.mailed.ofUser(me.userId)]);
    return {
      sessions: sessions.items,
      apiKeys: apiKeys.map((key) => KeptApiKeyDto.kept(key)),
      mailedTokens: mailedTokens.map(({ purpose, email, createdAt, expiresAt }) => ({ purpose, email, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() })),
    };
  }
}
