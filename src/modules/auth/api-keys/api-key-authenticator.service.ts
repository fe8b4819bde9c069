import { Injectable, Logger } from '@nestjs/common';
import type { ApiKeyPrincipal } from '../../../kernel/http/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import { tokenExpired, tokenMalformed, tokenRevoked, tokenUnknown, userDisabled } from '../auth.errors.js';
import { ApiKeyCodec } from './api-key.codec.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** Says whom an API key speaks for. */
@Injectable()
export class ApiKeyAuthenticator {
  private readonly logger = new Logger(ApiKeyAuthenticator.name);

  constructor(
    private readonly codec: ApiKeyCodec,
    private readonly keys: ApiKeyRepository,
    private readonly users: UsersService,
  ) {}

  /** 401 with the code that says why, 503 when the database cannot be asked. A wrong secret is answered like an unknown key. */
  async authenticate(text: string): Promise<{ principal: ApiKeyPrincipal; user: UserSnapshot }> {
    const presented = this.codec.decode(text);
    if (!presented) throw tokenMalformed();
    const key = await this.keys.verify(presented);
    if (!key) throw tokenUnknown();
    if (key.state !== 'live') throw key.state === 'expired' ? tokenExpired() : tokenRevoked();
    const user = await this.users.snapshot(key.userId);
    if (!user) throw tokenUnknown();
    if (user.disabled) throw userDisabled();
    if (key.isUseDue) await this.recordUse(presented.keyId);
    // A key never becomes more than it was granted as, whatever its owner becomes; and never stays more than its owner is.
    const roles = key.grantedByAdmin ? user.roles : user.roles.filter((role) => role !== 'admin');
    return { principal: { kind: 'key', userId: key.userId, keyId: presented.keyId, scopes: key.scopes, roles }, user };
  }

  /** That it could not be written down is no reason to refuse a good key. */
  private async recordUse(keyId: string): Promise<void> {
    try {
      await this.keys.recordUse(keyId);
    } catch (error) {
      this.logger.debug(`last use: ${String(error)}`);
    }
  }
}
