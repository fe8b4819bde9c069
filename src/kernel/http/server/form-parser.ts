import { hasTooManyParameters } from '../request/body-bounds.js';

/** Tokens have nothing of it, and decoding goes through them character by character. */
const ESCAPED = /[%+]/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The parameters of an `application/x-www-form-urlencoded` body (WHATWG URL §5.1), strictly: null when an escape or its UTF-8
 * is broken, or a parameter comes twice (RFC 6749 §3.2). One without a value counts as left out (ibid.). `tooComplex`: more than 64 parameters.
 */
export const parseForm = (body: Buffer): ReadonlyMap<string, string> | 'tooComplex' | null => {
  const form = new Map<string, string>();
  const seen = new Set<string>();
  try {
    const text = utf8.decode(body);
    if (hasTooManyParameters(text)) return 'tooComplex';
    for (const pair of text.split('&')) {
      if (pair === '') continue;
      const at = pair.indexOf('=');
      const [name, value] = at === -1 ? [decoded(pair), ''] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
      if (seen.has(name)) return null;
      seen.add(name);
      if (value !== '') form.set(name, value);
    }
  } catch {
    return null;
  }
  return form;
};

/** Throws for an escape that is broken, or is no UTF-8. */
const decoded = (text: string): string => (ESCAPED.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
