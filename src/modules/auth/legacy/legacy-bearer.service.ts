import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { UserOperators } from '../../users/index.js';
import { tokenMalformed, tokenUnknown, userDisabled } from '../auth.errors.js';
import type { PresentedToken } from '../tokens/index.js';
import { LegacyAdoption } from './legacy-adoption.service.js';
import { LegacyTokenVerifier, looksLegacy } from './legacy-token.verifier.js';

/** As many as signatures of our own are remembered. */
const REMEMBERED_TOKENS = 20_000;
/** Whoever ended all sessions of an account meant those of the old server too, whether they had been seen here or not. */
const BEFORE_ALL = 0;

/** The compatibility switch `LEGACY_TOKENS_SECRET`: a client may go on with the token that the old server gave it, until that expires. */
@Injectable()
export class LegacyBearer {
  private readonly verifier: LegacyTokenVerifier | null;
  /** By digest: what was verified and brought over. The store is asked each time all the same. */
  private readonly known = new LRUCache<string, PresentedToken>({ max: REMEMBERED_TOKENS });

  constructor(
    private readonly users: UserOperators,
    private readonly adoption: LegacyAdoption,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    const { legacySecret } = config.tokens;
    this.verifier = legacySecret === null ? null : new LegacyTokenVerifier(legacySecret);
  }

  /**
   * Where the record of an old token is, brought over if this is the first time it is seen; null when it is none, or none are taken.
   * 401 `auth.token_malformed` for one with a wrong signature, `auth.token_unknown` when its user is not here.
   */
  async presented(token: string): Promise<PresentedToken | null> {
    if (!this.verifier || !looksLegacy(token)) return null;
    const digest = createHash('sha256').update(token).digest('base64');
    const known = this.known.get(digest);
    if (known) return known;
    const ref = await this.broughtOver(this.verifier, token);
    this.known.set(digest, ref);
    return ref;
  }

  private async broughtOver(verifier: LegacyTokenVerifier, token: string): Promise<PresentedToken> {
    const legacy = verifier.verify(token);
    if (!legacy) throw tokenMalformed();
    const user = await this.users.byExternalId(legacy.externalId);
    if (!user) throw tokenUnknown();
    if (user.disabled) throw userDisabled();
    await this.adoption.bringOver(legacy, { userId: user.userId, userEpoch: BEFORE_ALL }, false);
    const { tokenId, sessionId, expiresAt } = legacy;
    return { userId: user.userId, tokenId, sessionId, expiresAt };
  }
}
