/** The number of this form. A cached record of another number is a miss (guarantees §4). Raise it with any change below. */
export const USER_RECORD_SCHEMA = 1;

/**
 * A user's row as it may be cached: plain JSON, no password hash, and nothing that depends on this release or its
 * settings (URLs and digests are made from it at each read, so a new renderer or PUBLIC_URL shows at once).
 */
export interface UserRecord {
  readonly id: string;
  readonly externalId: string | null;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly pendingEmail: string | null;
  readonly username: string;
  readonly displayName: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[];
  readonly disabled: boolean;
  readonly gravatarOptIn: boolean;
  readonly pictureKey: string | null;
  readonly generatedKey: string;
  readonly initials: string;
  readonly colour: string;
  readonly sessionEpoch: number;
  readonly exceptedSessionId: string | null;
  readonly version: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
