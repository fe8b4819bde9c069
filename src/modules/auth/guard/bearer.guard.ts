import { Injectable, type ExecutionContext, type Type } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ACCEPTED_SCOPE, IS_PUBLIC, PUBLIC_GATE, type AcceptedScope, type Principal, type PublicGate } from '../../../kernel/http/index.js';
import type { UserSnapshot } from '../../users/index.js';
import { tokenMissing } from '../auth.errors.js';
import { bearerTokenOf } from './bearer-header.js';
import { Bearers, type Authenticated } from './bearers.service.js';
import type { BearerRequest } from './bearer.strategy.js';

type GuardedRequest = FastifyRequest & BearerRequest & { principal?: Principal; userSnapshot?: UserSnapshot };

/** What a route says of who may pass. */
interface Door {
  readonly isPublic: boolean;
  readonly gate: PublicGate | undefined;
  readonly accepted: AcceptedScope | undefined;
}

/**
 * Lets a request pass whose bearer token is good; global, `@Public()` routes excepted. A good token does not go through
 * passport, which costs a quarter of a request; everything else does, and gets its refusal there.
 */
@Injectable()
export class BearerGuard extends AuthGuard('bearer') {
  private readonly doors = new WeakMap<object, Door>();

  constructor(
    private readonly bearers: Bearers,
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, gate, accepted } = this.doorOf(context);
    if (isPublic) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    if (gate && (await gate.admits(request))) return true;
    request.authentication = this.authenticate(request, accepted);
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

  private authenticate(request: GuardedRequest, accepted: AcceptedScope | undefined): Promise<Authenticated> {
    const token = bearerTokenOf(request.headers.authorization);
    return token === undefined ? Promise.reject(tokenMissing()) : this.bearers.admit(token, accepted, request.body);
  }

  private admit(request: GuardedRequest, { principal, user }: Authenticated): void {
    request.principal = principal;
    request.userSnapshot = user;
  }

  private doorOf(context: ExecutionContext): Door {
    const handler = context.getHandler();
    let door = this.doors.get(handler);
    if (!door) {
      const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [handler, context.getClass()]) ?? false;
      door = { isPublic, gate: this.gateOf(handler), accepted: this.reflector.get<AcceptedScope | undefined>(ACCEPTED_SCOPE, handler) };
      this.doors.set(handler, door);
    }
    return door;
  }

  private gateOf(handler: object): PublicGate | undefined {
    const gate = this.reflector.get<Type<PublicGate> | undefined>(PUBLIC_GATE, handler as never);
    return gate && this.modules.get(gate, { strict: false });
  }
}
