import { describe, expect, it } from '@jest/globals';
import type { AppConfig } from '../../../kernel/config/index.js';
import { checksumOf } from './checksum.js';
import { RefreshTokenCodec } from './refresh-token.codec.js';

const codecWith = (byte: number): RefreshTokenCodec => new RefreshTokenCodec({ masterKey: Buffer.alloc(32, byte) } as AppConfig);
const codec = codecWith(1);
const claims = { userId: '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55', sessionId: '01938f3c-7a11-7c3e-9a52-3f2b8d1c4e56', generation: 7, endsAt: 1_795_174_856 };
const salt = 'c2FsdA';

/** The token with one character of its body changed and a right checksum again, as somebody would who knows the scheme. */
const forged = (token: string, index: number): string => {
  const body = token.slice(0, -6);
  const other = body[index] === 'A' ? 'B' : 'A';
  const changed = body.slice(0, index) + other + body.slice(index + 1);
  return changed + checksumOf(changed);
};

describe('RefreshTokenCodec', () => {
  it('makes the same token again from the same session, generation and salt', () => {
    expect(codec.encode(claims, salt)).toBe(codec.encode({ ...claims }, salt));
  });

  it('reads back what it wrote, and knows it by the salt', () => {
    const decoded = codec.decode(codec.encode(claims, salt))!;
    expect(decoded).toMatchObject(claims);
    expect(decoded.isAuthentic(salt)).toBe(true);
    expect(decoded.isAuthentic('b3RoZXI')).toBe(false);
  });

  it('does not take a token of another master key for one', () => {
    expect(codec.decode(codecWith(2).encode(claims, salt))).toBeNull();
  });

  it('takes no token for one of which any one character was changed, with or without a right checksum', () => {
    const token = codec.encode(claims, salt);
    for (let index = 0; index < token.length - 6; index++) {
      expect(codec.decode(forged(token, index))).toBeNull();
      expect(codec.decode(token.slice(0, index) + (token[index] === 'x' ? 'y' : 'x') + token.slice(index + 1))).toBeNull();
    }
  });

  it.each(['', 'lr_', 'lr_abc', 'lk_' + 'A'.repeat(100), 'x'.repeat(100_000), 'lr_=====', 'eyJhbGciOiJub25lIn0.e30.'])('does not take %p for one', (text) => {
    expect(codec.decode(text.slice(0, 100_000))).toBeNull();
  });
});
