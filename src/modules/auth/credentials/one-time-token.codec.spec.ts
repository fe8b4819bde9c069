import { describe, expect, it } from '@jest/globals';
import { digestOfOneTimeToken, newOneTimeToken, TOKEN_PURPOSES } from './one-time-token.codec.js';

describe('one-time tokens', () => {
  it.each(TOKEN_PURPOSES)('for %s are read by their own purpose alone', (purpose) => {
    const token = newOneTimeToken(purpose);
    for (const other of TOKEN_PURPOSES) expect(digestOfOneTimeToken(other, token) !== null).toBe(other === purpose);
  });

  it('are each another, and so are their digests', () => {
    const tokens = Array.from({ length: 100 }, () => newOneTimeToken('password_reset'));
    expect(new Set(tokens.map((token) => digestOfOneTimeToken('password_reset', token)!.toString('hex'))).size).toBe(100);
  });

  it('are not looked up when a single character is another', () => {
    const token = newOneTimeToken('password_reset');
    for (let index = 0; index < token.length; index += 1) {
      const changed = token.slice(0, index) + (token[index] === 'a' ? 'b' : 'a') + token.slice(index + 1);
      expect(digestOfOneTimeToken('password_reset', changed)).toBeNull();
    }
  });

  it.each(['', 'lp_', 'lp_000000', 'x'.repeat(100_000), 'lp_=====000000'])('are not %p', (text) => {
    expect(digestOfOneTimeToken('password_reset', text)).toBeNull();
  });
});
