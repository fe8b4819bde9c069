import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { IS_PUBLIC, type Principal } from '../../../kernel/http/index.js';
import type { UserSnapshot } from '../../users/index.js';
import { tokenMissing } from '../auth.errors.js';
import { Authenticator, type Authenticated } from './authenticator.service.js';
import { bearerTokenOf } from './bearer-header.js';
import type { BearerRequest } from './bearer.strategy.js';

type GuardedRequest = FastifyRequest & BearerRequest & { principal?: Principal; userSnapshot?: UserSnapshot };

/**
 * Lets a request pass whose bearer token is good; global, `@Public()` routes excepted. A good token does not go through
 * passport, which costs a quarter of a request; everything else does, and gets its refusal there.
 */
@Injectable()
export class BearerGuard extends AuthGuard('bearer') {
  private readonly publicHandlers = new WeakMap<object, boolean>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.isPublic(context)) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const token = bearerTokenOf(request.headers.authorization);
    request.authentication = token === undefined ? Promise.reject(tokenMissing()) : this.authenticator.authenticate(token);
    try {
      this.admit(request, await request.authentication);
      return true;
    } catch {
      return super.canActivate(context) as Promise<boolean>;
    }
  }

  override handleRequest<T>(error: unknown, user: T | false): T {
    if (error || !user) throw error ?? tokenMissing();
    return user;
  }

  private admit(request: GuardedRequest, { principal, user }: Authenticated): void {
    request.principal = principal;
    request.userSnapshot = user;
  }

  private isPublic(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    let known = this.publicHandlers.get(handler);
    if (known === undefined) {
      known = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [handler, context.getClass()]) ?? false;
      this.publicHandlers.set(handler, known);
    }
    return known;
  }
}
