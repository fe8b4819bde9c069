import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { decodeBase64Url, deriveKey, mac, uuidFromBytes, uuidToBytes } from '../../../kernel/crypto/index.js';
import { checksumOf, withoutChecksum } from '../codecs/checksum.js';

export const API_KEY_PREFIX = 'lk_';
const ID_BYTES = 16;
const SECRET_BYTES = 32;
const ID_CHARS = 22;

/** A key as it was presented: which one it says it is, and what its secret would be stored as. */
export interface PresentedApiKey {
  readonly keyId: string;
  readonly digest: Buffer;
}

export const looksLikeApiKey = (token: string): boolean => token.startsWith(API_KEY_PREFIX);

/** What all secrets of a key begin with: enough to find it in a list, nothing to use it by. */
export const publicPartOf = (keyId: string): string => API_KEY_PREFIX + uuidToBytes(keyId).toString('base64url');

/** API keys: `lk_`, the key's id, `_`, 32 random bytes, all base64url, and a checksum. */
@Injectable()
export class ApiKeyCodec {
  private readonly macKey: Buffer;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.macKey = deriveKey(config.masterKey, 'api-keys');
  }

  /** A new secret of this key: its text, which nobody can make again, and what is stored of it. */
  generate(keyId: string): { text: string; digest: Buffer } {
    const secret = randomBytes(SECRET_BYTES);
    const text = `${publicPartOf(keyId)}_${secret.toString('base64url')}`;
    return { text: text + checksumOf(text), digest: this.digestOf(uuidToBytes(keyId), secret) };
  }

  /** Null when it is not of our making. */
  decode(token: string): PresentedApiKey | null {
    const body = looksLikeApiKey(token) ? withoutChecksum(token)?.slice(API_KEY_PREFIX.length) : undefined;
    if (body?.[ID_CHARS] !== '_') return null;
    const id = decodeBase64Url(body.slice(0, ID_CHARS));
    const secret = decodeBase64Url(body.slice(ID_CHARS + 1));
    if (id?.length !== ID_BYTES || secret?.length !== SECRET_BYTES) return null;
    return { keyId: uuidFromBytes(id), digest: this.digestOf(id, secret) };
  }

  private digestOf(id: Buffer, secret: Buffer): Buffer {
    return mac(this.macKey, id, secret);
  }
}
