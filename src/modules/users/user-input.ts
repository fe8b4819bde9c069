/** What makes a new account. Nothing in it has been checked beyond its type. */
export interface NewUserInput {
  readonly email: string;
  readonly username: string;
  /** Without one nobody can sign in with a password. */
  readonly password?: string;
  readonly displayName?: string | null;
  readonly locale?: string | null;
  readonly roles?: readonly string[];
  readonly externalId?: string | null;
  readonly emailVerified?: boolean;
}

/** A JSON merge patch (RFC 7396): what is absent stays, null clears. */
export interface ProfilePatch {
  readonly displayName?: string | null;
  readonly username?: string;
  readonly locale?: string | null;
  readonly gravatarOptIn?: boolean;
}

export interface OwnProfilePatch extends ProfilePatch {
  readonly email?: string;
  /** Asked for with a new email. */
  readonly currentPassword?: string;
}

export interface AdminPatch extends ProfilePatch {
  readonly email?: string;
  readonly roles?: readonly string[];
  readonly disabled?: boolean;
  readonly emailVerified?: boolean;
  readonly externalId?: string | null;
}
