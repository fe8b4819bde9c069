import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import type { RequestMeta, SessionPrincipal } from '../../../kernel/http/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import { EmailAddresses, type LockedUser } from '../../users/index.js';
import { AccountMails } from './account-mails.service.js';
import { unlessGone, verificationTokenInvalid } from './credentials.errors.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';

/** Proofs that an address is read by whom it is said to belong to. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly addresses: EmailAddresses,
    private readonly tokens: OneTimeTokens,
    private readonly mails: AccountMails,
    private readonly limits: Limits,
  ) {}

  /**
   * Of the current address, or of the one that waits, which takes its place. A token that has proved the address it was mailed to is
   * good again as long as that stands: links are opened twice, by people and by what looks into their mail. 409 `user.email_taken`
   * leaves the token usable.
   */
  async verify(token: string, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['mailed-token-address']);
    try {
      const owner = await this.tokens.ownerOf('email_verification', token);
      if (!owner) throw verificationTokenInvalid();
      await this.addresses.confirm(owner.userId, (locked) => this.provedBy(token, locked)).catch(unlessGone(verificationTokenInvalid));
    } catch (error) {
      if (!isTokenInvalid(error) || !(await this.hasProved(token))) throw error;
    }
  }

  /** Nothing is sent where there is nothing to verify. */
  async sendAgain(me: SessionPrincipal, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['verification-account', me.userId]);
    this.mails.emailVerification(me.userId);
  }

  /** Uses the token up; the address that it proves. */
  private async provedBy(token: string, { manager, user }: LockedUser): Promise<string> {
    const used = await this.tokens.use(manager, 'email_verification', token);
    const isOfAccount = used !== null && used.userId === user.id && [user.email, user.pendingEmail].includes(used.email);
    if (!isOfAccount || user.disabled) throw verificationTokenInvalid();
    return used.email;
  }

  /** Whether it was used before, and its address is now the verified one of the same account. */
  private async hasProved(token: string): Promise<boolean> {
    const used = await this.tokens.usedBy('email_verification', token);
    const user = used && (await this.addresses.ownerOf(used.email));
    return user?.userId === used?.userId && user?.dto.emailVerified === true && !user.disabled;
  }
}

const isTokenInvalid = (error: unknown): boolean => error instanceof AppError && error.code === 'auth.verification_token_invalid';
