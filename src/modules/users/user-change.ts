import { createHash } from 'node:crypto';
import { emailKeyOf, foldAddress, searchTextOf } from './folded-names.js';
import { generatedKeyOf, recipeOf } from './picture-name.js';
import { UserEntity } from './user.entity.js';

/** What a change may set. The rest of the row follows from it. */
export interface UserFieldsSet {
  readonly externalId?: string | null;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly pendingEmail?: string | null;
  readonly username?: string;
  readonly displayName?: string | null;
  readonly locale?: string | null;
  readonly roles?: readonly string[];
  readonly disabled?: boolean;
  readonly gravatarOptIn?: boolean;
  readonly passwordHash?: string | null;
  readonly pictureKey?: string | null;
}

export interface UserChange {
  readonly set: UserFieldsSet;
  /** Every session is over, in the store of tokens too, before the answer. */
  readonly endsSessions?: boolean;
  /** Raises the durable epoch and spares this session at most. `endsSessions` raises it too and spares none. */
  readonly raisesEpochExcept?: { readonly sessionId: string | null };
  /** With a new password: whether the API keys stay. */
  readonly keepsApiKeys?: boolean;
}

export type NewUserRow = Required<Pick<UserFieldsSet, 'email' | 'username' | 'passwordHash' | 'displayName' | 'locale' | 'roles' | 'externalId' | 'emailVerified'>> & {
  readonly id: string;
  readonly disabled?: boolean;
};

/** A whole row of version 1. */
export function newUser(row: NewUserRow, now: Date): UserEntity {
  return Object.assign(new UserEntity(), {
    ...row,
    roles: [...row.roles],
    ...emailFields(row.email),
    searchText: searchTextOf(row),
    foldedVersion: 1,
    ...generatedFields(row),
    pendingEmail: null,
    disabled: row.disabled ?? false,
    gravatarOptIn: false,
    pictureKey: null,
    sessionEpoch: 0,
    exceptedSessionId: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  } satisfies { [K in keyof UserEntity]: UserEntity[K] });
}

/** The columns to write, with the next version; null when nothing would differ. */
export function applyChange(user: UserEntity, change: UserChange, now: Date): Partial<UserEntity> | null {
  const differing = Object.fromEntries(
    Object.entries(change.set).filter(([field, value]) => value !== undefined && !isSame(user[field as keyof UserEntity], value)),
  ) as Partial<UserEntity>;
  const excepted = change.endsSessions ? { sessionId: null } : change.raisesEpochExcept;
  if (Object.keys(differing).length === 0 && !excepted) return null;
  return {
    ...differing,
    ...(differing.email === undefined ? {} : emailFields(differing.email)),
    // Only on a rename: another release of Unicode must not change the picture of somebody who changed nothing.
    ...('displayName' in differing || 'username' in differing ? generatedFields({ ...user, ...differing }) : {}),
    ...(excepted ? { sessionEpoch: user.sessionEpoch + 1, exceptedSessionId: excepted.sessionId } : {}),
    searchText: searchTextOf({ ...user, ...differing }),
    version: user.version + 1,
    foldedVersion: user.version + 1,
    updatedAt: now,
  };
}

const emailFields = (email: string): Pick<UserEntity, 'emailKey' | 'emailMd5' | 'emailSha256'> => {
  // As people write it: whoever asks by a hash has not translated the domain.
  const folded = foldAddress(email);
  const hashed = (algorithm: 'md5' | 'sha256'): string => createHash(algorithm).update(folded, 'utf8').digest('hex');
  return { emailKey: emailKeyOf(email), emailMd5: hashed('md5'), emailSha256: hashed('sha256') };
};

const generatedFields = (user: { id: string; username: string; displayName: string | null }): Pick<UserEntity, 'generatedKey' | 'initials' | 'colour'> => {
  const recipe = recipeOf(user);
  return { ...recipe, generatedKey: generatedKeyOf(recipe) };
};

const isSame = (before: unknown, after: unknown): boolean =>
  Array.isArray(before) && Array.isArray(after) ? before.length === after.length && before.every((item, index) => item === after[index]) : before === after;
