import type { FieldFault } from '../../kernel/errors/index.js';
import { asciiDomainOf, foldUsername } from './folded-names.js';

/** A field in the form in which it is stored, or what is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly fault: Omit<FieldFault, 'field'> };

const USERNAME = /^[a-z0-9][a-z0-9._-]{1,31}$/;
const ROLE = /^[a-z][a-z0-9-]{0,31}$/;
const MAX_ROLES = 32;
const MAX_EMAIL_BYTES = 254;
/**
 * RFC 5321 §4.1.2 and §4.5.3.1 without quoted local parts: nobody has them, and they hide a second `@`. No dot at an end of the local part, and no two
 * together. The domain is looked at in its ASCII form too.
 */
const EMAIL =
  /^(?=[^@]{1,64}@)[^\s\p{C}@<>()[\]\\,;:".]+(?:\.[^\s\p{C}@<>()[\]\\,;:".]+)*@([\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?)*)$/u;
const MAX_DISPLAY_NAME_GRAPHEMES = 100;
const MAX_DISPLAY_NAME_CHARACTERS = 200;
/** Controls, lone surrogates, line and paragraph separators, and the bidi marks that reorder what stands around them (CVE-2021-42574). */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[^\p{Z}\p{C}\p{M}\u115f\u1160\u3164\uffa0\u2800]/u;
const LONE_SURROGATE = /\p{Cs}/u;
/** RFC 5646 §4.4.1. */
const MAX_LOCALE_CHARACTERS = 35;
const MAX_EXTERNAL_ID_CHARACTERS = 255;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const fault = (code: string, message: string): { fault: Omit<FieldFault, 'field'> } => ({ fault: { code, message } });

export function checkEmail(raw: string): Checked<string> {
  const email = raw.trim().normalize('NFC');
  const domain = EMAIL.exec(email)?.[1];
  return domain !== undefined && Buffer.byteLength(email, 'utf8') <= MAX_EMAIL_BYTES && !LONE_SURROGATE.test(email) && asciiDomainOf(domain) !== null
    ? { value: email }
    : fault('email.invalid', `An e-mail address with one @, of at most ${MAX_EMAIL_BYTES} bytes.`);
}

export function checkUsername(raw: string): Checked<string> {
  const username = foldUsername(raw);
  return USERNAME.test(username)
    ? { value: username }
    : fault('username.invalid', '2 to 32 of a–z, 0–9, dot, underscore and hyphen, starting with a letter or a digit.');
}

/** Null clears it; so does a name in which nothing can be seen. */
export function checkDisplayName(raw: string | null): Checked<string | null> {
  if (raw === null) return { value: null };
  const name = raw.trim().normalize('NFC');
  if (UNPRINTABLE.test(name)) return fault('display_name.invalid', 'No control characters, and none that change the direction of text.');
  if ([...name].length > MAX_DISPLAY_NAME_CHARACTERS || [...graphemes.segment(name)].length > MAX_DISPLAY_NAME_GRAPHEMES) {
    return fault('display_name.too_long', `At most ${MAX_DISPLAY_NAME_GRAPHEMES} visible characters.`);
  }
  return { value: VISIBLE.test(name) ? name : null };
}

/** Null clears it. Answered in its canonical spelling (`en-gb` becomes `en-GB`). */
export function checkLocale(raw: string | null): Checked<string | null> {
  if (raw === null) return { value: null };
  const invalid = fault('locale.invalid', 'A language tag as of BCP 47, such as en-GB.');
  if (raw.length > MAX_LOCALE_CHARACTERS) return invalid;
  try {
    const [canonical] = Intl.getCanonicalLocales(raw);
    return canonical === undefined ? invalid : { value: canonical };
  } catch {
    return invalid;
  }
}

/** Null clears it. */
export function checkExternalId(raw: string | null): Checked<string | null> {
  if (raw === null) return { value: null };
  return raw.length > 0 && raw.length <= MAX_EXTERNAL_ID_CHARACTERS && !UNPRINTABLE.test(raw)
    ? { value: raw }
    : fault('external_id.invalid', `1 to ${MAX_EXTERNAL_ID_CHARACTERS} printable characters.`);
}

/** Sorted, each once. */
export function checkRoles(raw: readonly string[]): Checked<string[]> {
  const roles = [...new Set(raw)].sort();
  return roles.length <= MAX_ROLES && roles.every((role) => ROLE.test(role))
    ? { value: roles }
    : fault('roles.invalid', `At most ${MAX_ROLES} names of a–z, 0–9 and hyphen, each of at most 32 characters, starting with a letter.`);
}
