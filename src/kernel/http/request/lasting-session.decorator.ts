import { applyDecorators, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../problems/api-problems.decorator.js';
import type { SessionPrincipal } from '../principal.js';
import './current-user.decorator.js';

/** How long sessions last. The auth module provides it to all others. */
export abstract class SessionLifetimes {
  /**
   * End of a session without refresh, in epoch seconds: of a token that an admin issued, or that another service did. Null for a session that
   * somebody signed in to. Throws 401 `auth.session_ended` when it is over.
   */
  abstract endOf(session: SessionPrincipal): Promise<number | null>;

  /** Throws 403 `auth.outlives_token` for a session without refresh. */
  abstract requireLasting(session: SessionPrincipal): Promise<void>;
}

/** Runs after the global guard, which has established who is asking. */
@Injectable()
export class LastingSessionGuard implements CanActivate {
  constructor(private readonly lifetimes: SessionLifetimes) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (principal?.kind === 'session') await this.lifetimes.requireLasting(principal);
    return true;
  }
}

/** For routes that make something without an end: a session without refresh gets 403 `auth.outlives_token`. */
export const LastingSessionOnly = (): MethodDecorator => applyDecorators(UseGuards(LastingSessionGuard), ApiProblems('auth.outlives_token'));
