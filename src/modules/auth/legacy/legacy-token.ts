import { createHash } from 'node:crypto';
import { uuidFromBytes } from '../../../kernel/crypto/index.js';
import type { Platform } from '../platform.js';

/** What an OpenIM token says that we need. Times in epoch seconds. */
export interface LegacyClaims {
  /** The user's id in the old system: `externalId` here. */
  readonly externalId: string;
  readonly platform: Platform;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A token whose signature was found good, with the ids it has here: the same ones whenever and wherever it is met. */
export interface LegacyToken extends LegacyClaims {
  readonly tokenId: string;
  readonly sessionId: string;
}

const PLATFORMS: Readonly<Record<number, Platform>> = {
  1: 'ios', 2: 'android', 3: 'windows', 4: 'macos', 5: 'web', 6: 'web', 7: 'linux', 8: 'androidpad', 9: 'ipad', 10: 'other', 11: 'harmonyos',
}; // prettier-ignore

/** Ten digits, as all times of tokens have: 2001 to 2286. */
const MIN_TIME = 1_000_000_000;
const MAX_TIME = 9_999_999_999;
const MAX_EXTERNAL_ID_CHARS = 255;
const LIVED_A_SECOND = 1;

/** A UUID of our own making (version 8, RFC 9562 §5.8) from a digest: it tells nothing of the token. */
const uuidOf = (purpose: string, token: string): string => {
  const bytes = createHash('sha256').update(`likeness:legacy-${purpose}:${token}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidFromBytes(bytes);
};

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= MIN_TIME && (value as number) <= MAX_TIME;

/** The claims of a verified payload; null when they are not an OpenIM token's. One without an end of its own is none that can be kept. */
export const legacyTokenOf = (token: string, payload: unknown): LegacyToken | null => {
  if (typeof payload !== 'object' || payload === null) return null;
  const { UserID: externalId, PlatformID: platformId, exp, iat } = payload as Record<string, unknown>;
  if (typeof externalId !== 'string' || externalId === '' || externalId.length > MAX_EXTERNAL_ID_CHARS || !isTime(exp)) return null;
  const issuedAt = isTime(iat) && iat < exp ? iat : exp - LIVED_A_SECOND;
  const platform = PLATFORMS[Number(platformId)] ?? 'other';
  return { externalId, platform, issuedAt, expiresAt: exp, tokenId: uuidOf('token', token), sessionId: uuidOf('session', token) };
};
