import { applyDecorators, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { forbidden } from '../../errors/index.js';
import { ApiProblems } from '../problems/api-problems.decorator.js';
import { isAdmin } from '../principal.js';
import './current-user.decorator.js';

/** Runs after the global guard, which has established who is asking. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!principal || !isAdmin(principal)) throw forbidden();
    return true;
  }
}

/** Only admins may call this route or controller; others get 403 `auth.forbidden`. */
export const AdminOnly = (): MethodDecorator & ClassDecorator => applyDecorators(UseGuards(AdminGuard), ApiProblems('auth.forbidden'));
