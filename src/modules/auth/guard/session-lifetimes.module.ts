import { Global, Injectable, Module } from '@nestjs/common';
import { SessionLifetimes, type SessionPrincipal } from '../../../kernel/http/index.js';
import { outlivesToken } from '../auth.errors.js';
import { TokenRepository, TokenStoreModule } from '../tokens/index.js';
import { unrefreshableEnd } from './unrefreshable-end.js';

@Injectable()
class StoredSessionLifetimes extends SessionLifetimes {
  constructor(private readonly tokens: TokenRepository) {
    super();
  }

  override endOf(session: SessionPrincipal): Promise<number | null> {
    return unrefreshableEnd(this.tokens, session);
  }

  override async requireLasting(session: SessionPrincipal): Promise<void> {
    const endsAt = await this.endOf(session);
    if (endsAt !== null) throw outlivesToken(endsAt);
  }
}

/** Tells modules that know nothing of tokens how long the session that asks lasts. */
@Global()
@Module({
  imports: [TokenStoreModule],
  providers: [{ provide: SessionLifetimes, useClass: StoredSessionLifetimes }],
  exports: [SessionLifetimes],
})
export class SessionLifetimesModule {}
