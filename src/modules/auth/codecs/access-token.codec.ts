import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService, type JwtVerifyOptions } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { tokenMalformed } from '../auth.errors.js';
import type { SigningKey } from '../keys/signing-key.js';
import { SigningKeys } from '../keys/signing-keys.service.js';
import type { Platform } from '../platform.js';
import type { AccessGrant } from '../tokens/index.js';
import { isAccessClaims, type AccessClaims } from './access-claims.js';
import { signedJws } from './jws-signing.js';
import { readJwsHeader } from './jws-shape.js';

/** A signature check costs more than all the rest of a request; a good one is remembered for this many tokens. */
const REMEMBERED_SIGNATURES = 20_000;

const digestOf = (token: string): string => hash('sha256', token, 'base64');

/** Signs access tokens and checks their signature and shape. Whether a token still lives is the token repository's to say. */
@Injectable()
export class AccessTokenCodec {
  private readonly verified = new LRUCache<string, { kid: string; claims: AccessClaims }>({ max: REMEMBERED_SIGNATURES });

  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** `access` comes from the store: its times are the only ones in the token. 503 when no key can sign. */
  async sign(user: { id: string; roles: readonly string[] }, sessionId: string, platform: Platform, access: AccessGrant): Promise<string> {
    const key = this.keys.readyUntil(access.expiresAt) ?? (await this.keys.forTokenUntil(access.expiresAt));
    const claims: AccessClaims = {
      iss: this.config.tokens.issuer,
      aud: this.config.tokens.audience,
      sub: user.id,
      client_id: 'likeness',
      iat: access.issuedAt,
      exp: access.expiresAt,
      jti: access.tokenId,
      sid: sessionId,
      roles: user.roles,
      platform,
    };
    return signedJws(claims, key);
  }

  /** The claims of a token that one of our keys signed; `auth.token_malformed` (401) for everything else. */
  async verify(token: string): Promise<AccessClaims> {
    const remembered = this.remembered(token);
    if (remembered) return remembered;
    const header = readJwsHeader(token);
    const key = header && (await this.keys.verifying(header.kid));
    if (!header || !key || header.alg !== key.algorithm) throw tokenMalformed();
    const claims = this.checked(token, key);
    this.verified.set(digestOf(token), { kid: key.kid, claims });
    return claims;
  }

  /** The claims of one that was found good before, and whose key is still known. */
  remembered(token: string): AccessClaims | undefined {
    const found = this.verified.get(digestOf(token));
    return found && this.keys.knows(found.kid) ? found.claims : undefined;
  }

  private checked(token: string, key: SigningKey): AccessClaims {
    const { issuer, audience } = this.config.tokens;
    // The expiry is the store's to judge, by the store's clock; no process clock decides (guarantees §1).
    const options: JwtVerifyOptions = { algorithms: [key.algorithm], issuer, audience, ignoreExpiration: true };
    let claims: unknown;
    try {
      claims = this.jwt.verify(token, { ...options, publicKey: key.publicKey as never });
    } catch (cause) {
      throw tokenMalformed(cause);
    }
    if (!isAccessClaims(claims)) throw tokenMalformed();
    return claims;
  }
}
