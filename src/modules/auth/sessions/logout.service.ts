import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import { tokenMissing } from '../auth.errors.js';
import { Authenticator } from '../guard/authenticator.service.js';
import { bearerTokenOf } from '../guard/bearer-header.js';
import { Bearers } from '../guard/bearers.service.js';
import { RefreshService } from './refresh.service.js';
import { SessionsService } from './sessions.service.js';

/** Logout takes either token: the access token of the header, or the refresh token of a client whose access token has expired. */
@Injectable()
export class LogoutService {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly bearers: Bearers,
    private readonly refreshing: RefreshService,
    private readonly sessions: SessionsService,
  ) {}

  async logout(authorization: string | undefined, refreshToken: string | undefined): Promise<void> {
    const token = bearerTokenOf(authorization);
    if (token === undefined && refreshToken === undefined) throw tokenMissing();
    try {
      if (token !== undefined) return await this.endBearer(token);
    } catch (reason) {
      // That the store is away says nothing about this token, and must not be hidden by what is wrong with the other.
      if (refreshToken === undefined || !(reason instanceof AppError && reason.status === 401)) throw reason;
    }
    await this.refreshing.endSessionOf(refreshToken!);
  }

  private async endBearer(token: string): Promise<void> {
    try {
      const { principal } = await this.bearers.admitSession(token);
      await this.sessions.endCurrent(principal);
    } catch (reason) {
      // Asked again after `request.outcome_unknown`: it has ended, but not yet on every replica that must have it.
      if (reason instanceof AppError && reason.code === 'auth.session_ended') await this.sessions.endCurrent(await this.authenticator.locate(token));
      throw reason;
    }
  }
}
