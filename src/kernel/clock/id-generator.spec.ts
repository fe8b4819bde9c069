import { describe, expect, it } from '@jest/globals';
import { UuidV7Generator } from './id-generator.js';

const NOW = new Date('2026-11-20T10:00:00.123Z');

describe('UuidV7Generator', () => {
  const ids = new UuidV7Generator({ now: () => NOW });

  it('never gives an id twice, nor a random part, however often it fills its random bytes', () => {
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(made.map((id) => id.slice(14)))).toHaveProperty('size', made.length);
    const other = new UuidV7Generator({ now: () => NOW });
    expect(made).not.toContain(other.next());
  });

  it('writes the time, the version and the variant as RFC 9562 §5.7 has them', () => {
    for (let count = 0; count < 1_000; count += 1) {
      const id = ids.next();
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(NOW.getTime());
    }
  });
});
