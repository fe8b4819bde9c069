import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../kernel/http/index.js';
import { UsersService, userNotFound } from '../../users/index.js';
import { sessionNotFound } from '../auth.errors.js';
import type { Platform } from '../platform.js';
import { TokenRepository } from '../tokens/index.js';
import { SessionListDto, SessionDto } from './session.dto.js';

/** Lists and ends sessions: the caller's own, and for administrators anybody's. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly users: UsersService,
  ) {}

  async ownList(me: SessionPrincipal): Promise<SessionListDto> {
    return this.listed(me.userId, me.sessionId);
  }

  async endOwn(me: SessionPrincipal, sessionId: string): Promise<void> {
    if (!(await this.tokens.endSession(me.userId, sessionId, 'ended'))) throw sessionNotFound();
  }

  /** Ends this session; that it had just ended by another's hand is no error. */
  async endCurrent(me: Pick<SessionPrincipal, 'userId' | 'sessionId'>): Promise<void> {
    await this.tokens.endSession(me.userId, me.sessionId, 'ended');
  }

  /** The user's row first, where it cannot be undone; then the store, where it is at once. */
  async endAll(userId: string, keepSessionId: string | null): Promise<void> {
    const { sessionEpoch } = await this.users.raiseSessionEpoch(userId, keepSessionId);
    await this.tokens.endAll(userId, keepSessionId ? { keep: { sessionId: keepSessionId, userEpoch: sessionEpoch } } : {});
  }

  async listOf(userId: string, admin: SessionPrincipal, platform?: Platform): Promise<SessionListDto> {
    await this.requireUser(userId);
    return this.listed(userId, admin.sessionId, platform);
  }

  async endOf(userId: string, platform: Platform | undefined): Promise<void> {
    await this.requireUser(userId);
    await (platform ? this.tokens.endPlatform(userId, platform) : this.endAll(userId, null));
  }

  private async requireUser(userId: string): Promise<void> {
    if (!(await this.users.snapshot(userId))) throw userNotFound();
  }

  private async listed(userId: string, currentSessionId: string, platform?: Platform): Promise<SessionListDto> {
    const sessions = await this.tokens.list(userId);
    const asked = platform ? sessions.filter((session) => session.platform === platform) : sessions;
    return Object.assign(new SessionListDto(), { items: asked.map((session) => SessionDto.from(session, currentSessionId)) });
  }
}
