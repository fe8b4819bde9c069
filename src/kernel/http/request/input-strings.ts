import type { FieldFault } from '../../errors/index.js';

/**
 * Faults of text that no field can hold: NUL (which PostgreSQL refuses) and lone surrogates (which UTF-8 cannot say). How deep and how large
 * a value is, the parser of bodies has bounded (`isTooComplex`).
 */
export const findBrokenText = (value: unknown, field = ''): FieldFault | null => {
  if (typeof value === 'string') return isWhole(value) ? null : { field, code: 'is_text', message: 'must be well-formed Unicode without NUL' };
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return firstFault(value.map((item, index) => [`${field}[${index}]`, item] as const));
  const entries = Object.entries(value);
  const badKey = entries.some(([key]) => !isWhole(key));
  if (badKey) return { field, code: 'is_text', message: 'must have field names of well-formed Unicode without NUL' };
  return firstFault(entries.map(([key, item]) => [field ? `${field}.${key}` : key, item] as const));
};

const firstFault = (entries: readonly (readonly [string, unknown])[]): FieldFault | null => {
  for (const [path, item] of entries) {
    const fault = findBrokenText(item, path);
    if (fault) return fault;
  }
  return null;
};

// Lone surrogates cannot be told from whole pairs by a plain class: the `u` flag reads pairs as one.
const BROKEN = /\0|\p{Surrogate}/u;

const isWhole = (text: string): boolean => !BROKEN.test(text);
