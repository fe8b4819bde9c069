import { Injectable } from '@nestjs/common';
import type { RequestMeta, SessionPrincipal } from '../../../kernel/http/index.js';
import { Limits, passwordGuess } from '../../../kernel/limits/index.js';
import { foldIdentifier, PasswordChanges, UsersService, type LockedUser } from '../../users/index.js';
import { sessionEnded } from '../auth.errors.js';
import { AccountMails } from './account-mails.service.js';
import { resetTokenInvalid, unlessGone } from './credentials.errors.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';
import type { ChangePasswordDto } from './password.dto.js';

/** New passwords: by those who know the old one, and by those who read the account's mail. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: PasswordChanges,
    private readonly tokens: OneTimeTokens,
    private readonly mails: AccountMails,
    private readonly limits: Limits,
  ) {}

  /** Ends every session but this one. Wrong current passwords are counted. */
  async change(me: SessionPrincipal, { currentPassword, newPassword, keepApiKeys = false }: ChangePasswordDto, meta: RequestMeta): Promise<void> {
    const user = await this.users.snapshot(me.userId);
    if (!user) throw sessionEnded();
    this.passwords.requireGood(newPassword, user.dto);
    const change = { currentPassword, newPassword, keepApiKeys, sessionId: me.sessionId };
    await this.limits.attempt(meta, passwordGuess(me.sessionId), () => this.passwords.change(me.userId, change));
    this.mails.passwordChanged(me.userId);
  }

  /** The same for every address: whose it is, is found out after the answer. */
  async forget(email: string, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['forgot-account', foldIdentifier(email)], ['forgot-address']);
    this.mails.passwordReset(email);
  }

  /** Ends every session. The token is used up with the transaction that sets the password, and only then. */
  async reset(token: string, newPassword: string, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['mailed-token-address']);
    const owner = await this.tokens.ownerOf('password_reset', token);
    const user = owner && (await this.users.snapshot(owner.userId));
    if (!user || user.disabled) throw resetTokenInvalid();
    this.passwords.requireGood(newPassword, user.dto);
    await this.passwords.replace(user.userId, newPassword, (locked) => this.use(token, locked)).catch(unlessGone(resetTokenInvalid));
    this.mails.passwordChanged(user.userId);
  }

  private async use(token: string, { manager, user }: LockedUser): Promise<void> {
    const used = await this.tokens.consume(manager, 'password_reset', token);
    if (used?.userId !== user.id || used.email !== user.email || user.disabled) throw resetTokenInvalid();
  }
}
