import { Injectable } from '@nestjs/common';
import { TokenRepository, type AdoptResult } from '../tokens/index.js';
import type { LegacyToken } from './legacy-token.js';
import { LegacyTokensRepository } from './legacy-tokens.repository.js';

/** Whose a token is, and the session epoch of that row under which it counts. */
export interface LegacyOwner {
  readonly userId: string;
  readonly userEpoch: number;
}

/** Brings tokens of the old server over, each once: the record that it gets here has the last word from then on. */
@Injectable()
export class LegacyAdoption {
  constructor(
    private readonly seen: LegacyTokensRepository,
    private readonly tokens: TokenRepository,
  ) {}

  /**
   * `isKicked` is the state there; one that was kicked after it was brought over is evicted here too. The order makes a crash
   * harmless: noted, taken in, noted as taken in; who comes again in between takes it in under the epoch that was noted.
   */
  async bringOver(token: LegacyToken, owner: LegacyOwner, isKicked: boolean): Promise<AdoptResult> {
    const { userId, userEpoch, isAdopted } = await this.seen.sight(token.tokenId, owner.userId, owner.userEpoch, token.expiresAt);
    const result = isAdopted ? 'known' : await this.adopt(token, userId, userEpoch, isKicked);
    if (result === 'known' && isKicked) await this.tokens.endSession(userId, token.sessionId, 'evicted');
    return result;
  }

  private async adopt(token: LegacyToken, userId: string, userEpoch: number, isKicked: boolean): Promise<AdoptResult> {
    const { tokenId, sessionId, issuedAt, expiresAt, platform } = token;
    const result = await this.tokens.adopt({
      userId,
      userEpoch,
      tokenId,
      sessionId,
      issuedAt,
      expiresAt,
      client: { platform, deviceName: null, ipAddress: null, userAgent: null },
      endReason: isKicked ? 'evicted' : null,
    });
    if (result !== 'expired') await this.seen.markAdopted(tokenId);
    return result;
  }
}
