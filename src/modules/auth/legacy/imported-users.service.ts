import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import { UserOperators, UsersService, type UserSnapshot } from '../../users/index.js';

/** `user` is null in a dry run that would have made one. */
export type ImportedUser =
  | { readonly outcome: 'found' | 'created'; readonly user: UserSnapshot | null }
  | { readonly outcome: 'unknown' | 'refused' };

/** Reserved for names that never resolve (RFC 2606 §2): no mail is ever sent there. */
const NO_MAIL_DOMAIN = 'openim.invalid';
const USERNAME = /^[a-z0-9][a-z0-9._-]{1,31}$/;
const TAKEN = new Set(['user.external_id_taken', 'user.username_taken', 'user.email_taken']);

/** The users of an OpenIM server here: by `externalId`, made where that was asked for. */
@Injectable()
export class ImportedUsers {
  /** Whom a dry run would have made. */
  private readonly imagined = new Set<string>();

  constructor(
    private readonly operators: UserOperators,
    private readonly users: UsersService,
  ) {}

  async forImport(externalId: string, { createsUsers, isDryRun }: { readonly createsUsers: boolean; readonly isDryRun: boolean }): Promise<ImportedUser> {
    const user = await this.operators.byExternalId(externalId);
    if (user) return { outcome: 'found', user };
    if (!createsUsers) return { outcome: 'unknown' };
    return isDryRun ? this.imagine(externalId) : this.create(externalId);
  }

  /** Without a password: such a user comes in by the old token, until an admin or a reset gives one. */
  private async create(externalId: string): Promise<ImportedUser> {
    for (const username of usernamesFor(externalId)) {
      try {
        return { outcome: 'created', user: await this.users.create({ email: `${username}@${NO_MAIL_DOMAIN}`, username, externalId }) };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (error.code === 'request.invalid') return { outcome: 'refused' };
        if (!TAKEN.has(error.code)) throw error;
      }
      // Another of this user's tokens was first, or somebody else has the name.
      const user = await this.operators.byExternalId(externalId);
      if (user) return { outcome: 'found', user };
    }
    return { outcome: 'refused' };
  }

  private imagine(externalId: string): ImportedUser {
    if (this.imagined.has(externalId)) return { outcome: 'found', user: null };
    this.imagined.add(externalId);
    return { outcome: 'created', user: null };
  }
}

/** The old id where it can be a username; else, or when that is taken, one made of its digest. */
const usernamesFor = (externalId: string): string[] => {
  const folded = externalId.toLowerCase();
  const made = `openim-${createHash('sha256').update(externalId).digest('hex').slice(0, 16)}`;
  return USERNAME.test(folded) ? [folded, made] : [made];
};
