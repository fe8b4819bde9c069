import type { DatabaseConfig } from '../config/index.js';

/**
 * What the driver reads and writes values by, whatever the role or the database would have otherwise. Sent as parameters of the startup message,
 * because poolers track exactly these and keep them for each client.
 */
export const STARTUP_PARAMETERS = { client_encoding: 'UTF8', DateStyle: 'ISO', TimeZone: 'UTC', standard_conforming_strings: 'on' } as const;

/** Further settings that results depend on. Poolers refuse them. Whether transactions are read-only stays the decision of who runs the server. */
const SESSION_SETTINGS = ['IntervalStyle=postgres', 'extra_float_digits=1', 'bytea_output=hex', 'default_transaction_isolation=read\\ committed', 'default_transaction_deferrable=off'];

/** The driver sends no time limit of zero, so that the default of the role or the database would hold. */
const NO_TIME_LIMITS = ['statement_timeout=0', 'idle_in_transaction_session_timeout=0', 'lock_timeout=0'];

const OPTIONS = /([?&])options=([^&#]*)&?/;

/** The URL without its `options`, and these: the driver lets the URL replace what a program asks for. */
export const splitOptions = (url: string): { readonly url: string; readonly options: string | null } => {
  const [, before, raw] = OPTIONS.exec(url) ?? [];
  if (raw === undefined) return { url, options: null };
  return { url: url.replace(OPTIONS, before!).replace(/[?&]$/, ''), options: decodeURIComponent(raw.replaceAll('+', ' ')) };
};

const asOptions = (settings: readonly string[]): string[] => settings.map((setting) => `-c ${setting}`);

/** The `options` of the startup message. Those of the URL come first: what results depend on is not theirs to change. */
export const startupOptions = (fromUrl: string | null, { pooler }: Pick<DatabaseConfig, 'pooler'>): string | undefined =>
  [fromUrl, ...(pooler === 'none' ? asOptions(SESSION_SETTINGS) : [])].filter(Boolean).join(' ') || undefined;

export const withoutLimits = (options: string | undefined, isPooled: boolean): string | undefined =>
  isPooled ? options : [options, ...asOptions(NO_TIME_LIMITS)].filter(Boolean).join(' ');

/** Opens a transaction. A pooler hands on no session settings, so that time limits go with each transaction. */
export const transactionStart = ({ pooler, statementTimeoutMs }: Pick<DatabaseConfig, 'pooler' | 'statementTimeoutMs'>): string => {
  const start = 'START TRANSACTION ISOLATION LEVEL READ COMMITTED';
  if (pooler === 'none') return start;
  return `${start}; SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL idle_in_transaction_session_timeout = ${statementTimeoutMs}`;
};
