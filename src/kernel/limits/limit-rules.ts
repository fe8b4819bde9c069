import type { AppConfig } from '../config/index.js';

const QUARTER_SECONDS = 15 * 60;
const HOUR_SECONDS = 60 * 60;

export interface LimitRule {
  /** How many within the window. */
  readonly points: number;
  readonly windowSeconds: number;
  /** Counted for each client address apart: nobody elsewhere can use it up. */
  readonly byAddress: boolean;
  /** What a success does to what was counted before it: an account's owner starts anew, an address only gets this one back. */
  readonly onSuccess: 'forget' | 'give back';
}

const rule = (points: number, windowSeconds: number, byAddress: boolean, onSuccess: LimitRule['onSuccess'] = 'give back'): LimitRule => ({
  points,
  windowSeconds,
  byAddress,
  onSuccess,
});

/**
 * Every limit there is. None counts an account alone where somebody signs in, so nobody can lock another's devices out:
 * guesses are counted per account and address, and those made from within a session per session.
 */
export const LIMIT_RULES = {
  'login-address': rule(300, QUARTER_SECONDS, true),
  'login-account': rule(10, QUARTER_SECONDS, true, 'forget'),
  'password-address': rule(300, QUARTER_SECONDS, true),
  'password-session': rule(10, QUARTER_SECONDS, false, 'forget'),
  'register-address': rule(1_000, QUARTER_SECONDS, true),
  'refresh-address': rule(3_000, QUARTER_SECONDS, true),
  'refresh-token': rule(300, QUARTER_SECONDS, true),
  'forgot-address': rule(50, QUARTER_SECONDS, true),
  'forgot-account': rule(5, QUARTER_SECONDS, true),
  'mailed-token-address': rule(50, QUARTER_SECONDS, true),
  // The points are AVATAR_UPLOADS_PER_HOUR.
  'upload-user': rule(60, HOUR_SECONDS, false),
  // Each name has up to twenty pictures of its own, which are kept for a while.
  'rename-user': rule(60, HOUR_SECONDS, false),
  // Nobody is told: beyond it refusals are not kept for their Idempotency-Key.
  'kept-refusal': rule(100, QUARTER_SECONDS, false),
  'verification-account': rule(5, HOUR_SECONDS, false),
  // Of the ones of mail nobody is told: they bound what any one mailbox gets from here, whoever asks for it.
  'mail-reset': rule(10, HOUR_SECONDS, false),
  'mail-verification': rule(10, HOUR_SECONDS, false),
  'mail-notice': rule(10, HOUR_SECONDS, false),
} as const satisfies Record<string, LimitRule>;

export type LimitName = keyof typeof LIMIT_RULES;

/** The same, with the points that are settings. */
export const limitRulesOf = ({ avatars }: Pick<AppConfig, 'avatars'>): Readonly<Record<LimitName, LimitRule>> => ({
  ...LIMIT_RULES,
  'upload-user': { ...LIMIT_RULES['upload-user'], points: avatars.uploadsPerHour },
});
