import { Module, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FencedEntry, RedisConnection } from '../../../kernel/cache/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { PreparedReads, Transactions } from '../../../kernel/database/index.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { ExpiredTokenPruner } from './postgres-expired-token.pruner.js';
import { PostgresTokenRepository } from './postgres-token.repository.js';
import { RedisTokenRepository } from './redis-token.repository.js';
import { TokenRepository } from './token-repository.js';
import { TokenSessionEntity } from './token-session.entity.js';
import { TokenUserEntity } from './token-user.entity.js';

/** The one place where the token store is chosen: Redis where the configuration names one, else PostgreSQL. */
const tokenRepositoryProvider: Provider = {
  provide: TokenRepository,
  useFactory: (
    { tokens }: AppConfig,
    redis: RedisConnection | null,
    entries: FencedEntry | null,
    reads: PreparedReads,
    transactions: Transactions,
  ): TokenRepository =>
    redis && entries ? new RedisTokenRepository(redis, entries, tokens.revocationReplicas) : new PostgresTokenRepository(reads, transactions),
  inject: [APP_CONFIG, RedisConnection, FencedEntry, PreparedReads, Transactions],
};

/** Sessions and access tokens, behind the port `TokenRepository`. */
@Module({
  imports: [TypeOrmModule.forFeature([AccessTokenEntity, TokenSessionEntity, TokenUserEntity])],
  providers: [tokenRepositoryProvider, ExpiredTokenPruner],
  exports: [TokenRepository],
})
export class TokenStoreModule {}
