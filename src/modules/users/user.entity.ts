import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { UserRecord } from './user-record.js';

export const USER_CONSTRAINTS = {
  email: 'users_email_key_unique',
  username: 'users_username_unique',
  externalId: 'users_external_id_unique',
} as const;

/** A row of `users`. Written by UserWrites alone; never leaves the module. */
@Entity({ name: 'users' })
// Of a kind that TypeORM cannot describe; the migration made it.
@Index('users_search_text_index', { synchronize: false })
@Index('users_unfolded_index', ['id'], { where: 'folded_version IS DISTINCT FROM version' })
@Index('users_foreign_hash_index', { synchronize: false })
@Index('users_roles_index', ['id'], { where: `roles <> '{}'` })
@Index('users_disabled_index', ['id'], { where: 'disabled' })
export class UserEntity {
  /** UUIDv7: sorts by creation, so lists are keyset-paged by it. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'users_pkey' })
  id: string;

  @Index(USER_CONSTRAINTS.externalId, { unique: true })
  @Column({ name: 'external_id', type: 'text', nullable: true })
  externalId: string | null;

  @Column({ type: 'text' })
  email: string;

  /** The mailbox: the address with its case folded and its domain in ASCII. Made here and not by lower(): that depends on the database's locale. */
  @Index(USER_CONSTRAINTS.email, { unique: true })
  @Column({ name: 'email_key', type: 'text' })
  emailKey: string;

  /** Of the address with its case folded, in hex, as the Gravatar and Libravatar protocol asks for users. */
  @Index('users_email_md5_index', { where: 'gravatar_opt_in AND email_verified' })
  @Column({ name: 'email_md5', type: 'text' })
  emailMd5: string;

  @Index('users_email_sha256_index', { where: 'gravatar_opt_in AND email_verified' })
  @Column({ name: 'email_sha256', type: 'text' })
  emailSha256: string;

  @Column({ name: 'email_verified', type: 'boolean' })
  emailVerified: boolean;

  @Column({ name: 'pending_email', type: 'text', nullable: true })
  pendingEmail: string | null;

  @Index(USER_CONSTRAINTS.username, { unique: true })
  @Column({ type: 'text' })
  username: string;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName: string | null;

  @Column({ type: 'text', nullable: true })
  locale: string | null;

  @Column({ type: 'text', array: true })
  roles: string[];

  @Column({ type: 'boolean' })
  disabled: boolean;

  @Column({ name: 'gravatar_opt_in', type: 'boolean' })
  gravatarOptIn: boolean;

  /** Argon2id in PHC form, or what another system made of the password, until its next sign-in (foreign-hash.ts); null: nobody signs in with a password. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash: string | null;

  /** Null: the generated picture. */
  @Column({ name: 'picture_key', type: 'text', nullable: true })
  pictureKey: string | null;

  @Index('users_generated_key_index')
  @Column({ name: 'generated_key', type: 'text' })
  generatedKey: string;

  /** What the generated picture shows; stored, because another release of Unicode may cut graphemes elsewhere. */
  @Column({ type: 'text' })
  initials: string;

  @Column({ type: 'text' })
  colour: string;

  @Column({ name: 'session_epoch', type: 'integer' })
  sessionEpoch: number;

  /** The one session that the last raise of the epoch spared. */
  @Column({ name: 'excepted_session_id', type: 'uuid', nullable: true })
  exceptedSessionId: string | null;

  /** Grows by one with every change. */
  @Column({ type: 'integer' })
  version: number;

  /** What the search looks into (folded-names.ts); null, or of another version, when an older version of the service wrote the row. */
  @Column({ name: 'search_text', type: 'text', nullable: true })
  searchText: string | null;

  /** The `version` that `searchText` belongs to. */
  @Column({ name: 'folded_version', type: 'integer', nullable: true })
  foldedVersion: number | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt: Date;
}

export const recordOf = (user: UserEntity): UserRecord => ({
  id: user.id,
  externalId: user.externalId,
  email: user.email,
  emailVerified: user.emailVerified,
  pendingEmail: user.pendingEmail,
  username: user.username,
  displayName: user.displayName,
  locale: user.locale,
  roles: user.roles,
  disabled: user.disabled,
  gravatarOptIn: user.gravatarOptIn,
  pictureKey: user.pictureKey,
  generatedKey: user.generatedKey,
  initials: user.initials,
  colour: user.colour,
  sessionEpoch: user.sessionEpoch,
  exceptedSessionId: user.exceptedSessionId,
  version: user.version,
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
});
