import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { afterCommit } from '../../../kernel/database/index.js';
import type { RequestMeta } from '../../../kernel/http/index.js';
import type { Attempt } from '../../../kernel/idempotency/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import { registrationClosed } from '../auth.errors.js';
import { AccountMails } from '../credentials/account-mails.service.js';
import { SessionIssuer } from '../sessions/session-issuer.service.js';
import { clientOf } from './client-of.js';
import { FirstAdmin } from './first-admin.service.js';
import { RegisteredDto, type RegisterDto } from './register.dto.js';

/** Registration: an account, and its first session. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly firstAdmin: FirstAdmin,
    private readonly limits: Limits,
    private readonly mails: AccountMails,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** What is asked before anything is kept of a registration: throws 403 where none is taken, 429 for an address that asks too often. */
  async admit({ bootstrapToken }: RegisterDto, meta: RequestMeta): Promise<void> {
    // A bootstrap token opens the door of a closed house once: somebody has to be the first.
    if (this.config.registration === 'closed' && bootstrapToken == null) throw registrationClosed();
    await this.limits.count(meta, ['register-address']);
  }

  async register(registration: RegisterDto, meta: RequestMeta, attempt: Attempt): Promise<RegisteredDto> {
    const user = (attempt.made && (await this.users.snapshot(attempt.made))) || (await this.account(registration, attempt));
    // The account is there, whether or not its first session can be.
    const tokens = await afterCommit(() => this.issuer.start(user, clientOf(registration, meta)));
    return Object.assign(new RegisteredDto(), { user: user.dto, tokens });
  }

  private async account({ bootstrapToken, platform: _platform, deviceName: _deviceName, transport: _transport, ...account }: RegisterDto, attempt: Attempt): Promise<UserSnapshot> {
    const user = await this.users.create(account, async (manager, { id }) => {
      const roles = await this.firstAdmin.rolesFor(manager, bootstrapToken ?? undefined);
      await attempt.record(manager, { subjectId: id, userId: id });
      return { roles };
    });
    this.mails.emailVerification(user.userId);
    return user;
  }
}
