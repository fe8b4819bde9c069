import { Injectable } from '@nestjs/common';
import type { RequestMeta } from '../../../kernel/http/index.js';
import { UsersService, userNotFound } from '../../users/index.js';
import { clientOf } from '../accounts/client-of.js';
import type { IssueTokenDto } from '../accounts/session-bodies.dto.js';
import type { AdminTokenDto } from '../accounts/tokens.dto.js';
import { subjectDisabled } from '../auth.errors.js';
import { SessionIssuer } from './session-issuer.service.js';

/** Access tokens that an administrator issues for an account, with a lifetime of their own. */
@Injectable()
export class AdminTokensService {
  constructor(
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
  ) {}

  async issue(userId: string, { ttlSeconds, ...client }: IssueTokenDto, meta: RequestMeta): Promise<AdminTokenDto> {
    const user = await this.users.snapshot(userId);
    if (!user) throw userNotFound();
    if (user.disabled) throw subjectDisabled();
    return this.issuer.startAdminIssued(user, clientOf(client, meta), ttlSeconds);
  }
}
