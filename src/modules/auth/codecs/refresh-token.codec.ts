import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { decodeBase64Url, deriveKey, mac, uuidFromBytes, uuidToBytes } from '../../../kernel/crypto/index.js';
import { checksumOf, withoutChecksum } from './checksum.js';

const PREFIX = 'lr_';
const ID_BYTES = 16;
const GENERATION_BYTES = 4;
const MAC_BYTES = 32;
const HEAD_BYTES = 2 * ID_BYTES + GENERATION_BYTES;

export const looksLikeRefreshToken = (token: string): boolean => token.startsWith(PREFIX);

export interface RefreshClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Grows by one with each rotation. */
  readonly generation: number;
}

/**
 * Refresh tokens: `lr_`, then user, session, generation and a MAC over them and the session's salt, then a checksum.
 * So a token can be made again for a client whose answer was lost, and need not be stored (guarantees §2).
 */
@Injectable()
export class RefreshTokenCodec {
  private readonly key: Buffer;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.key = deriveKey(config.masterKey, 'refresh-tokens');
  }

  encode(claims: RefreshClaims, salt: string): string {
    const head = headOf(claims);
    const text = PREFIX + Buffer.concat([head, this.macOf(head, salt)]).toString('base64url');
    return text + checksumOf(text);
  }

  /** What the token says of itself, its MAC not yet checked (that needs the session's salt). Null when it is not of our making. */
  decode(token: string): (RefreshClaims & { readonly isAuthentic: (salt: string) => boolean }) | null {
    const body = looksLikeRefreshToken(token) ? withoutChecksum(token) : null;
    const bytes = body ? decodeBase64Url(body.slice(PREFIX.length)) : null;
    if (bytes?.length !== HEAD_BYTES + MAC_BYTES) return null;
    const head = bytes.subarray(0, HEAD_BYTES);
    return {
      userId: uuidFromBytes(head.subarray(0, ID_BYTES)),
      sessionId: uuidFromBytes(head.subarray(ID_BYTES, 2 * ID_BYTES)),
      generation: head.readUInt32BE(2 * ID_BYTES),
      isAuthentic: (salt) => timingSafeEqual(bytes.subarray(HEAD_BYTES), this.macOf(head, salt)),
    };
  }

  private macOf(head: Buffer, salt: string): Buffer {
    return mac(this.key, head, salt);
  }
}

const headOf = ({ userId, sessionId, generation }: RefreshClaims): Buffer => {
  const counter = Buffer.alloc(GENERATION_BYTES);
  counter.writeUInt32BE(generation);
  return Buffer.concat([uuidToBytes(userId), uuidToBytes(sessionId), counter]);
};
