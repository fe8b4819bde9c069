import { uuidFromTag } from '../../../kernel/cache/index.js';
import { PLATFORMS, type Platform } from '../platform.js';
import type { EndedSession } from './ended-sessions.js';
import type { AccessGrant, EndReason, SessionClient, SessionRecord } from './token-repository.js';

/** One letter per platform and per reason: what the records hold (`scripts/records.lua`). Never to be given another meaning. */
const PLATFORM_LETTERS: Readonly<Record<Platform, string>> = {
  web: 'w',
  ios: 'i',
  android: 'n',
  windows: 'd',
  macos: 'm',
  linux: 'l',
  ipad: 'p',
  androidpad: 'q',
  harmonyos: 'h',
  other: 'o',
};
const REASON_LETTERS: Readonly<Record<EndReason, string>> = { ended: 'X', evicted: 'E', revoked: 'R', reused: 'U' };

type Refusal = 'expired' | 'unknown' | EndReason;
const REFUSALS: Readonly<Record<string, Refusal>> = {
  '?': 'unknown',
  '>': 'expired',
  ...Object.fromEntries(Object.entries(REASON_LETTERS).map(([reason, letter]) => [letter, reason as EndReason])),
};

export const letterOfPlatform = (platform: Platform): string => PLATFORM_LETTERS[platform];
export const letterOfReason = (reason: EndReason): string => REASON_LETTERS[reason];

export const platformOfLetter = (letter: string): Platform => {
  const platform = PLATFORMS.find((candidate) => PLATFORM_LETTERS[candidate] === letter);
  if (!platform) throw new Error('a session record names no platform');
  return platform;
};

/** What a letter other than `L` (live) says. */
export const refusalOfLetter = (letter: string): Refusal => {
  const refusal = REFUSALS[letter];
  if (!refusal) throw new Error('a token script answered no known state');
  return refusal;
};

/** A text that may be missing: an empty one is not the same as none. */
export const optionalText = (text: string | null): string => (text === null ? '' : `+${text}`);
const textOrNull = (text: string): string | null => (text === '' ? null : text.slice(1));

/** A member of `ut:{u}` (`scripts/records.lua`). */
export const endedSessionOf = (userId: string, member: string): EndedSession => ({
  userId,
  sessionId: uuidFromTag(member.slice(0, 22)),
  platform: platformOfLetter(member.charAt(22)),
  reason: refusalOfLetter(member.charAt(23)) as EndReason,
  endedAt: new Date(Number(member.slice(24)) / 1000).toISOString(),
});

/** Device, address and agent, in the order the scripts take them. */
export const clientArguments = (client: SessionClient): [string, string, string] => [
  optionalText(client.deviceName),
  optionalText(client.ipAddress),
  optionalText(client.userAgent),
];

export const accessGrant = (tokenId: string, issuedAt: number, expiresAt: number): AccessGrant => ({ tokenId, issuedAt, expiresAt });

/** As `session_answer` in `scripts/session-answer.lua` gives it. */
export type SessionReply = [
  sid: string,
  platform: string,
  userEpoch: number,
  created: number,
  lastSeen: number,
  idleEnd: number,
  absoluteEnd: number,
  device: string,
  address: string,
  agent: string,
];

export const sessionFromReply = (userId: string, reply: SessionReply): SessionRecord => {
  const [sid, platform, userEpoch, createdAt, lastSeenAt, idleExpiresAt, expiresAt, device, address, agent] = reply;
  return {
    id: uuidFromTag(sid),
    userId,
    platform: platformOfLetter(platform),
    deviceName: textOrNull(device),
    ipAddress: textOrNull(address),
    userAgent: textOrNull(agent),
    createdAt,
    lastSeenAt,
    expiresAt,
    idleExpiresAt,
    userEpoch,
  };
};

/** As `start_session` in `scripts/start-session.lua` answers it. */
export type StartedReply = [issued: number, expires: number, idleEnd: number, absoluteEnd: number];

export const sessionFromStart = (
  input: { readonly userId: string; readonly sessionId: string; readonly client: SessionClient; readonly userEpoch: number },
  [issued, , idleExpiresAt, expiresAt]: StartedReply,
): SessionRecord => ({
  id: input.sessionId,
  userId: input.userId,
  platform: input.client.platform,
  deviceName: input.client.deviceName,
  ipAddress: input.client.ipAddress,
  userAgent: input.client.userAgent,
  createdAt: issued,
  lastSeenAt: issued,
  expiresAt,
  idleExpiresAt,
  userEpoch: input.userEpoch,
});
