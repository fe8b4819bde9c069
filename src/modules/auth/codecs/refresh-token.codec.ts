import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { decodeBase64Url, deriveKey, mac, uuidFromBytes, uuidToBytes } from '../../../kernel/crypto/index.js';
import { checksumOf, withoutChecksum } from './checksum.js';

const PREFIX = 'lr_';
const ID_BYTES = 16;
const COUNTER_BYTES = 4;
const SALTED_MAC_BYTES = 32;
const SEAL_BYTES = 16;
const HEAD_BYTES = 2 * ID_BYTES + 2 * COUNTER_BYTES;
const SEALED_BYTES = HEAD_BYTES + SALTED_MAC_BYTES;

export const looksLikeRefreshToken = (token: string): boolean => token.startsWith(PREFIX);

export interface RefreshClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Grows by one with each rotation. */
  readonly generation: number;
  /** The idle or absolute end at its issue, whichever comes first; epoch seconds. Only says why it is refused once the store has forgotten it. */
  readonly endsAt: number;
}

/**
 * Refresh tokens: `lr_`, then the claims, a MAC over them and the session's salt, a seal over all that, and a checksum. So a
 * token can be made again for a client whose answer was lost, and need not be stored (guarantees §2); and what is not of our
 * making is refused before any store is asked.
 */
@Injectable()
export class RefreshTokenCodec {
  private readonly saltedKey: Buffer;
  private readonly sealKey: Buffer;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.saltedKey = deriveKey(config.masterKey, 'refresh-tokens');
    this.sealKey = deriveKey(config.masterKey, 'refresh-token-seals');
  }

  encode(claims: RefreshClaims, salt: string): string {
    const bytes = Buffer.allocUnsafe(SEALED_BYTES + SEAL_BYTES);
    writeHead(bytes, claims);
    mac(this.saltedKey, bytes.subarray(0, HEAD_BYTES), salt).copy(bytes, HEAD_BYTES);
    this.sealOf(bytes.subarray(0, SEALED_BYTES)).copy(bytes, SEALED_BYTES);
    const text = PREFIX + bytes.toString('base64url');
    return text + checksumOf(text);
  }

  /** What a token of our making says of itself; whether it is this session's, `isAuthentic` tells by the session's salt. Null for anything else. */
  decode(token: string): (RefreshClaims & { readonly isAuthentic: (salt: string) => boolean }) | null {
    const body = looksLikeRefreshToken(token) ? withoutChecksum(token) : null;
    const bytes = body ? decodeBase64Url(body.slice(PREFIX.length)) : null;
    if (bytes?.length !== SEALED_BYTES + SEAL_BYTES) return null;
    const sealed = bytes.subarray(0, SEALED_BYTES);
    if (!timingSafeEqual(bytes.subarray(SEALED_BYTES), this.sealOf(sealed))) return null;
    const head = sealed.subarray(0, HEAD_BYTES);
    return {
      userId: uuidFromBytes(head.subarray(0, ID_BYTES)),
      sessionId: uuidFromBytes(head.subarray(ID_BYTES, 2 * ID_BYTES)),
      generation: head.readUInt32BE(2 * ID_BYTES),
      endsAt: head.readUInt32BE(2 * ID_BYTES + COUNTER_BYTES),
      isAuthentic: (salt) => timingSafeEqual(sealed.subarray(HEAD_BYTES), mac(this.saltedKey, head, salt)),
    };
  }

  private sealOf(sealed: Buffer): Buffer {
    return mac(this.sealKey, sealed).subarray(0, SEAL_BYTES);
  }
}

const writeHead = (bytes: Buffer, { userId, sessionId, generation, endsAt }: RefreshClaims): void => {
  uuidToBytes(userId).copy(bytes);
  uuidToBytes(sessionId).copy(bytes, ID_BYTES);
  bytes.writeUInt32BE(generation, 2 * ID_BYTES);
  bytes.writeUInt32BE(endsAt, 2 * ID_BYTES + COUNTER_BYTES);
};
