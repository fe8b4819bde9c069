import { describe, expect, it } from '@jest/globals';
import { idempotencyKeyOf } from './idempotent-call.js';

const codeOf = (header: string): unknown => {
  try {
    return idempotencyKeyOf(header);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('Idempotency-Key', () => {
  it('is the same key with quotes and without', () => {
    for (const header of ['8e03978e-40d5', '"8e03978e-40d5"']) expect(idempotencyKeyOf(header)).toBe('8e03978e-40d5');
    expect(idempotencyKeyOf('"a \\"b\\" \\\\"')).toBe('a "b" \\');
    expect(idempotencyKeyOf(undefined)).toBeNull();
  });

  it.each(['', '""', '"a', 'a"', 'a b', 'a, b', '"a", "b"', '"a\\c"', '\u00fc', `"${'k'.repeat(256)}"`, 'k'.repeat(256)])('is refused when it is %j', (header) => {
    expect(codeOf(header)).toBe('request.invalid');
  });

  it('may be 255 characters long', () => {
    for (const header of ['k'.repeat(255), `"${'\\"'.repeat(255)}"`]) expect(idempotencyKeyOf(header)).toHaveLength(255);
  });
});
