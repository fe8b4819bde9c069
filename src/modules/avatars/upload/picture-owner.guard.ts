import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { forbidden } from '../../../kernel/errors/index.js';
import { isAdmin } from '../../../kernel/http/index.js';

/** Only a user, and admins, change a user's picture; runs before the body is read. */
@Injectable()
export class PictureOwnerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { principal, params } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>();
    if (!principal || (principal.userId !== params.id.toLowerCase() && !isAdmin(principal))) throw forbidden();
    return true;
  }
}
