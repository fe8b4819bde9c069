import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/index.js';
import type { RequestMeta, SessionPrincipal } from '../../../kernel/http/index.js';
import { UsersService, userNotFound } from '../../users/index.js';
import { clientOf } from '../accounts/client-of.js';
import type { IssueTokenDto } from '../accounts/session-bodies.dto.js';
import type { AdminTokenDto } from '../accounts/tokens.dto.js';
import { outlivesToken, subjectDisabled } from '../auth.errors.js';
import { unrefreshableEnd } from '../guard/unrefreshable-end.js';
import { TokenRepository } from '../tokens/index.js';
import { SessionIssuer } from './session-issuer.service.js';

/** Access tokens that an administrator issues for an account, with a lifetime of their own. */
@Injectable()
export class AdminTokensService {
  constructor(
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly tokens: TokenRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws 403 `auth.outlives_token` where the issuer's own token has no refresh and ends before. */
  async issue(issuer: SessionPrincipal, userId: string, { ttlSeconds, ...client }: IssueTokenDto, meta: RequestMeta): Promise<AdminTokenDto> {
    const endsAt = await unrefreshableEnd(this.tokens, issuer);
    if (endsAt !== null && this.clock.now().getTime() / 1000 + ttlSeconds > endsAt) throw outlivesToken(endsAt);
    const user = await this.users.snapshot(userId);
    if (!user) throw userNotFound();
    if (user.disabled) throw subjectDisabled();
    return this.issuer.startAdminIssued(user, clientOf(client, meta), ttlSeconds);
  }
}
