/** One variable of the environment. `parse` gets a trimmed, non-empty string and throws a `SettingFault`. */
export interface Setting<T> {
  readonly description: string;
  /** As it would stand in the environment; none means: unset is `null`. */
  readonly default?: string;
  /** What `.env.example` shows where there is no default; never a usable secret. */
  readonly example?: string;
  /** A secret may also come from the file that `NAME_FILE` names. */
  readonly secret?: true;
  readonly parse: (raw: string) => T;
}

/** What is wrong with a setting, as the end of a sentence that begins with its name; never says the value. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault';
}

type Definition<T> = Omit<Setting<T>, 'parse'>;
/** A setting with a default always has a value; any other may be null. */
export type ValueOf<S> = S extends Setting<infer T> ? (S extends { readonly default: string } ? T : T | null) : never;

/** Completes a row of the table with its parser. */
type Define<T> = <const D extends Definition<T>>(definition: D) => D & Setting<T>;

export const define =
  <T>(parse: (raw: string) => T): Define<T> =>
  (definition) => ({ ...definition, parse });

export const text = define((raw) => raw);

export const oneOf = <const V extends readonly string[]>(values: V): Define<V[number]> =>
  define((raw): V[number] => {
    if (values.includes(raw)) return raw;
    throw new SettingFault(`must be one of ${values.join(', ')}`);
  });

export const flag = define((raw): boolean => {
  if (['on', 'true', '1'].includes(raw)) return true;
  if (['off', 'false', '0'].includes(raw)) return false;
  throw new SettingFault('must be on or off');
});

export const parseInteger = (raw: string, min: number, max: number): number => {
  const value = /^-?\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new SettingFault(`must be an integer from ${min} to ${max}`);
};

export const integer = (min: number, max: number): Define<number> => define((raw) => parseInteger(raw, min, max));

/** A part of a whole. */
export const share = define((raw): number => {
  const value = /^(0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(raw) ? Number(raw) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new SettingFault('must be a number from 0 to 1');
});

const parseUrl = (raw: string, protocols: readonly string[]): URL => {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url && protocols.includes(url.protocol)) return url;
  throw new SettingFault(`must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
};

const ENCODING_ADVICE = 'write special characters of the user name and the password percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40, % as %25';

const isDecodable = (part: string): boolean => {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
};

/**
 * A URL with credentials or options in it, kept as written. Drivers decode its parts once: what they could not decode, or would
 * take for another part, is refused here.
 */
export const connectionUrl = (...protocols: string[]): Define<string> =>
  define((raw) => {
    const isMeant = protocols.some((protocol) => raw.toLowerCase().startsWith(`${protocol}//`));
    if (isMeant && !URL.canParse(raw)) throw new SettingFault(`cannot be read as a URL: ${ENCODING_ADVICE}`);
    const { username, password, pathname, hash, search } = parseUrl(raw, protocols);
    // An @ behind the host means that a password was cut at its #, / or ?.
    const isCut = hash !== '' || pathname.includes('@') || search.split('&', 1)[0]!.includes('@');
    if (isCut || ![username, password, pathname].every(isDecodable)) throw new SettingFault(`has parts that cannot be told apart or decoded: ${ENCODING_ADVICE}`);
    return raw;
  });

/** Where something is served: no credentials, query or fragment; the trailing slash goes. */
export const baseUrl = define((raw) => {
  const url = parseUrl(raw, ['http:', 'https:']);
  if (url.username || url.password || url.search || url.hash) throw new SettingFault('must not have credentials, a query or a fragment');
  return url.href.replace(/\/+$/, '');
});

/** Comma-separated items, each through `parse`. */
export const list = <T>(parse: (item: string) => T): Define<readonly T[]> =>
  define((raw): readonly T[] =>
    raw
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(parse),
  );

/** A secret in a format of its own. */
export const secretOf =
  <T>(parse: (raw: string) => T): ((definition: Omit<Definition<T>, 'secret' | 'default'>) => Setting<T> & { readonly secret: true }) =>
  (definition) => ({ ...definition, secret: true, parse });
