import { describe, expect, it } from '@jest/globals';
import { hasTooManyParameters, isTooComplex, MAX_BODY_DEPTH, MAX_BODY_FIELDS, MAX_BODY_ITEMS, MAX_PARAMETERS } from './body-bounds.js';

const fields = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 1]));
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe('the bounds of a body', () => {
  it('let pass what has as many fields, items and levels as allowed', () => {
    expect(isTooComplex(fields(MAX_BODY_FIELDS))).toBe(false);
    expect(isTooComplex(Array(MAX_BODY_ITEMS).fill('x'))).toBe(false);
    expect(isTooComplex(nested(MAX_BODY_DEPTH))).toBe(false);
    for (const plain of [null, 'text', 1, true, undefined]) expect(isTooComplex(plain)).toBe(false);
  });

  it('refuse one more', () => {
    expect(isTooComplex(fields(MAX_BODY_FIELDS + 1))).toBe(true);
    expect(isTooComplex(Array(MAX_BODY_ITEMS + 1).fill('x'))).toBe(true);
    expect(isTooComplex(nested(MAX_BODY_DEPTH + 1))).toBe(true);
  });

  it('count the parts of all objects and arrays together', () => {
    const half = MAX_BODY_FIELDS / 2;
    expect(isTooComplex({ one: fields(half), other: fields(half) })).toBe(true);
    expect(isTooComplex([Array(MAX_BODY_ITEMS / 2).fill(1), Array(MAX_BODY_ITEMS / 2).fill(1)])).toBe(true);
  });

  it('do not run out of stack on a body that is nothing but depth', () => {
    expect(isTooComplex(JSON.parse(`${'['.repeat(7_000)}${']'.repeat(7_000)}`))).toBe(true);
  });

  it('count the parameters of a form or a query', () => {
    expect(hasTooManyParameters(Array(MAX_PARAMETERS).fill('a=b').join('&'))).toBe(false);
    expect(hasTooManyParameters(Array(MAX_PARAMETERS + 1).fill('a=b').join('&'))).toBe(true);
    expect(hasTooManyParameters('&'.repeat(16_000))).toBe(true);
  });
});
