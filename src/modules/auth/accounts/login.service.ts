import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/index.js';
import type { AppError } from '../../../kernel/errors/index.js';
import type { RequestMeta } from '../../../kernel/http/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import { foldIdentifier, UsersService } from '../../users/index.js';
import { invalidCredentials, userDisabled } from '../auth.errors.js';
import { SessionIssuer } from '../sessions/session-issuer.service.js';
import { clientOf } from './client-of.js';
import type { LoginDto } from './login.dto.js';
import type { TokensDto } from './tokens.dto.js';

/** The way to a session for who has an account. */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly limits: Limits,
    private readonly audit: AuditLog,
  ) {}

  login(login: LoginDto, meta: RequestMeta): Promise<TokensDto> {
    return this.limits.attempt(meta, [['login-account', foldIdentifier(login.identifier)], ['login-address']], () => this.loginUnlimited(login, meta));
  }

  private async loginUnlimited(login: LoginDto, meta: RequestMeta): Promise<TokensDto> {
    // As it stood beside the password: a change of password in between leaves this session behind the user's epoch.
    const user = await this.users.authenticate(login.identifier, login.password);
    if (!user) throw this.failed(login, invalidCredentials());
    if (user.disabled) throw this.failed(login, userDisabled());
    return this.issuer.start(user, clientOf(login, meta));
  }

  /** Whose account it was is looked up when it is written: the answer takes as long for one that there is as for one that there is not. */
  private failed({ identifier }: LoginDto, reason: AppError): AppError {
    const subjectOf = async (): Promise<string | null> => (await this.users.credentials(identifier))?.userId ?? null;
    this.audit.note({ action: 'login.failed', subjectId: null, details: { code: reason.code } }, subjectOf);
    return reason;
  }
}
