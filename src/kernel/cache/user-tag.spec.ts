import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { userTag, uuidFromTag, uuidTag } from './user-tag.js';

describe('tags of ids', () => {
  it('are 22 characters that fit between braces, and lead back', () => {
    for (const id of [randomUUID(), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
      expect(uuidTag(id)).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(uuidFromTag(uuidTag(id.toUpperCase()))).toBe(id);
    }
  });

  it.each(['', '{}', 'a', '00000000-0000-0000-0000-00000000000g', '00000000000000000000000000000000'])('are refused for %j', (id) => {
    expect(() => userTag(id)).toThrow(RangeError);
  });

  it.each(['', 'AAAAAAAAAAAAAAAAAAAAAB', 'A'.repeat(23)])('are not read from %j', (tag) => {
    expect(() => uuidFromTag(tag)).toThrow(RangeError);
  });
});
