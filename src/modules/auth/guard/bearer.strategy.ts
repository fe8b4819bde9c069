import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport';
import type { Authenticated } from './bearers.service.js';

/** A request on which the guard has begun to check the bearer token. */
export interface BearerRequest {
  authentication: Promise<Authenticated>;
}

/**
 * The bearer check as passport knows it. It takes the check that the guard began rather than one of its own: passport keeps
 * its strategies in one list per process, and each application has its own stores.
 */
class HeaderStrategy extends Strategy {
  override authenticate(request: object): void {
    (request as BearerRequest).authentication.then(
      (authenticated) => this.success(authenticated),
      (reason: unknown) => this.error(reason),
    );
  }
}

@Injectable()
export class BearerStrategy extends PassportStrategy(HeaderStrategy, 'bearer') {
  validate(): never {
    throw new Error('The header strategy reports by itself.');
  }
}
