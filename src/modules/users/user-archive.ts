import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ArchivedTable } from '../../kernel/archive/index.js';
import { UserWrites } from './user-writes.js';

export const USERS_TABLE: ArchivedTable = {
  name: 'users',
  columns: [
    'id', 'external_id', 'email', 'email_key', 'email_md5', 'email_sha256', 'email_verified', 'pending_email', 'username', 'display_name', 'locale', 'roles',
    'disabled', 'gravatar_opt_in', 'password_hash', 'picture_key', 'generated_key', 'initials', 'colour', 'session_epoch', 'excepted_session_id', 'version',
    'search_text', 'folded_version',
    'created_at', 'updated_at',
  ],
  order: 'id',
  beforeImport: 'empty',
}; // prettier-ignore

export const DEFAULT_PICTURE_TABLE: ArchivedTable = { name: 'default_picture', columns: ['id', 'picture_key', 'version'], order: 'id', beforeImport: 'replaced' };

/** Accounts, row by row, as they were. */
@Injectable()
export class UserArchive {
  constructor(private readonly writes: UserWrites) {}

  /** Once, in the transaction that puts rows back. */
  begin(manager: EntityManager): Promise<void> {
    return this.writes.beginRestore(manager);
  }

  restore(manager: EntityManager, rows: readonly string[]): Promise<void> {
    return this.writes.restore(manager, USERS_TABLE, rows);
  }
}
