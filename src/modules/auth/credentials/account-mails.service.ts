import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { Limits, type LimitName } from '../../../kernel/limits/index.js';
import { MailOutbox, type OutgoingMail } from '../../../kernel/mail/index.js';
import { EmailAddresses, foldIdentifier, UsersService, type UserSnapshot } from '../../users/index.js';
import { accountMail } from './mails/account-mail.js';
import type { MailKind } from './mails/mail-kind.js';
import type { TokenPurpose } from './one-time-token.codec.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';

/** Pages of the web application; the token stands in the fragment, which no server and no `Referer` ever sees. */
const PAGES: Readonly<Record<TokenPurpose, string>> = { password_reset: 'reset-password', email_verification: 'verify-email' };

/** Within it the work for a known address falls at random, so that a next request does not feel it. */
const FORGOT_SPREAD_MS = 250;

/** Posts mails about accounts. Every method returns at once: whom to write to, and whether at all, is found out afterwards. Nothing goes to disabled users. */
@Injectable()
export class AccountMails {
  constructor(
    private readonly outbox: MailOutbox,
    private readonly users: UsersService,
    private readonly addresses: EmailAddresses,
    private readonly tokens: OneTimeTokens,
    private readonly limits: Limits,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** To whoever has this address, if it is verified: to the address as it stands in the account, never as it was typed. */
  passwordReset(email: string): void {
    const compose = async (): Promise<OutgoingMail | null> => {
      const owner = await this.addresses.ownerOf(email);
      if (!owner || owner.disabled || !owner.dto.emailVerified) return null;
      return this.mailWithToken('reset_password', 'password_reset', owner, owner.dto.email, 'mail-reset');
    };
    this.outbox.post('password reset', compose, randomInt(FORGOT_SPREAD_MS));
  }

  /** To the address that waits for its confirmation; else to the current one, unless it is verified already. */
  emailVerification(userId: string): void {
    this.post('email verification', userId, async (user) => {
      const { email, emailVerified, pendingEmail } = user.dto;
      if (pendingEmail !== null) return this.mailWithToken('confirm_new_email', 'email_verification', user, pendingEmail, 'mail-verification');
      return emailVerified ? null : this.mailWithToken('verify_email', 'email_verification', user, email, 'mail-verification');
    });
  }

  passwordChanged(userId: string): void {
    this.post('password notice', userId, async (user) => (user.dto.emailVerified ? this.notice('password_changed', user, user.dto.email) : null));
  }

  emailChangeRequested(userId: string): void {
    this.post('email change notice', userId, async (user) => this.notice('email_change_requested', user, user.dto.email));
  }

  emailChanged(userId: string, previousEmail: string): void {
    this.post('email change notice', userId, async (user) => this.notice('email_changed', user, previousEmail));
  }

  private post(what: string, userId: string, compose: (user: UserSnapshot) => Promise<OutgoingMail | null>): void {
    this.outbox.post(what, async () => {
      const user = await this.users.snapshot(userId);
      return user && !user.disabled ? compose(user) : null;
    });
  }

  private async notice(kind: MailKind, user: UserSnapshot, to: string): Promise<OutgoingMail | null> {
    return (await this.limits.allows('mail-notice', foldIdentifier(to))) ? accountMail(kind, to, user.dto, null) : null;
  }

  private async mailWithToken(kind: MailKind, purpose: TokenPurpose, user: UserSnapshot, to: string, limit: LimitName): Promise<OutgoingMail | null> {
    if (!(await this.limits.allows(limit, foldIdentifier(to)))) return null;
    const ttlSeconds = this.ttlSecondsOf(purpose);
    const token = await this.tokens.issue(purpose, { userId: user.userId, email: to }, ttlSeconds);
    return accountMail(kind, to, user.dto, { token, ttlSeconds, url: this.urlOf(purpose, token) });
  }

  private ttlSecondsOf(purpose: TokenPurpose): number {
    const { passwordResetTtlSeconds, emailVerificationTtlSeconds } = this.config.mail;
    return purpose === 'password_reset' ? passwordResetTtlSeconds : emailVerificationTtlSeconds;
  }

  private urlOf(purpose: TokenPurpose, token: string): string {
    return `${this.config.http.publicUrl}/${PAGES[purpose]}#token=${token}`;
  }
}
