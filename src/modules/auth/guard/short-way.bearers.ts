import { Injectable } from '@nestjs/common';
import { BearerCheck, type ShortRequest } from '../../../kernel/http/index.js';
import { looksLikeApiKey } from '../api-keys/index.js';
import { Authenticator } from './authenticator.service.js';
import { bearerTokenOf } from './bearer-header.js';

/** Lets sessions take a short way; API keys, and who has no token, go the long one. */
@Injectable()
export class ShortWayBearers extends BearerCheck {
  constructor(private readonly sessions: Authenticator) {
    super();
  }

  override admit(request: ShortRequest): Promise<void> | null {
    const token = bearerTokenOf(request.raw.headers.authorization);
    if (token === undefined || looksLikeApiKey(token)) return null;
    return this.sessions.authenticate(token).then(({ user }) => void (request.userSnapshot = user));
  }
}
