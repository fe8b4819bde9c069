import { distance } from 'fastest-levenshtein';
import type { Environment } from './settings-reader.js';
import type { Setting } from './setting.js';
import { SETTINGS, type SettingName } from './settings.js';

const settings = Object.entries(SETTINGS) as [SettingName, Setting<unknown>][];
const names = settings.map(([name]) => name as string);
const known = new Set(settings.flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name])));
/** First words that other programs use as well. */
const SHARED_WORDS = new Set(['NODE', 'OTEL', 'LOG', 'DATA', 'PUBLIC', 'INSTANCE']);
const ownWords = new Set(names.filter((name) => name.includes('_')).map((name) => name.split('_', 1)[0]!).filter((word) => !SHARED_WORDS.has(word)));
/** Changed letters up to which a name is taken for a misspelt one. Short names resemble too much. */
const TYPOS = 2;
const MIN_LENGTH = 8;
/** What Kubernetes and Docker set for a service called `redis` or `database`. */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT)|_PORT(?:_\d+_(?:TCP|UDP)|$)|_ENV_/;

const nearest = (name: string): string | undefined => {
  const [best] = names.map((candidate) => [distance(candidate, name), candidate] as const).sort(([one], [other]) => one - other);
  return best !== undefined && best[0] <= TYPOS && name.length >= MIN_LENGTH ? best[1] : undefined;
};

function unknownName(name: string): string[] {
  if (known.has(name)) return [];
  const ofFile = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
  if (names.includes(ofFile)) return [`${name} is not read: only secrets can come from a file`];
  const meant = nearest(name);
  if (meant !== undefined) return [`${name} is not a setting. Did you mean ${meant}?`];
  return ownWords.has(name.split('_', 1)[0]!) && name.includes('_') && !SERVICE_LINK.test(name) ? [`${name} is not a setting`] : [];
}

/**
 * What is no fault and was hardly meant, a sentence each, without any value: names that look like settings, and in production
 * what a service that others reach seldom does without. Nothing is said of what was set by name.
 */
export function configWarnings(environment: Environment): readonly string[] {
  const isSet = (name: SettingName): boolean => Boolean(environment[name]?.trim() || environment[`${name}_FILE`]?.trim());
  const warnings = Object.keys(environment).sort().flatMap(unknownName);
  if (environment.NODE_ENV?.trim() !== 'production') return warnings;
  const missing: readonly [SettingName, string][] = [
    ['SMTP_URL', 'mail is written to files, and nobody receives any'],
    ['REGISTRATION', 'it is open, and anybody can make an account; set it to open or closed'],
    ['TRUSTED_PROXIES', 'behind a proxy, limits and the audit log take the proxy for the client'],
    ...(isSet('SMTP_URL') ? [['MAIL_FROM', 'mail comes from no-reply@localhost, which most servers refuse'] as [SettingName, string]] : []),
  ];
  return [...warnings, ...missing.filter(([name]) => !isSet(name)).map(([name, words]) => `${name} is not set: ${words}`)];
}
