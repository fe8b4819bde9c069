import { Injectable } from '@nestjs/common';
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

  /** Of the current address, or of the one that waits, which takes its place. 409 `user.email_taken` leaves the token usable. */
  async verify(token: string, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['mailed-token-address']);
    const owner = await this.tokens.ownerOf('email_verification', token);
    if (!owner) throw verificationTokenInvalid();
    await this.addresses.confirm(owner.userId, (locked) => this.provedBy(token, locked)).catch(unlessGone(verificationTokenInvalid));
  }

  /** Nothing is sent where there is nothing to verify. */
  async sendAgain(me: SessionPrincipal, meta: RequestMeta): Promise<void> {
    await this.limits.count(meta, ['verification-account', me.userId]);
    this.mails.emailVerification(me.userId);
  }

  /** Uses the token up; the address that it proves. */
  private async provedBy(token: string, { manager, user }: LockedUser): Promise<string> {
    const used = await this.tokens.consume(manager, 'email_verification', token);
    const isOfAccount = used !== null && used.userId === user.id && [user.email, user.pendingEmail].includes(used.email);
    if (!isOfAccount || user.disabled) throw verificationTokenInvalid();
    return used.email;
  }
}
