import { Module, type Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditLog } from '../../../kernel/audit/index.js';
import { FencedEntry, RedisConnection } from '../../../kernel/cache/index.js';
import { Clock } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { PreparedReads, Transactions } from '../../../kernel/database/index.js';
import { Metrics } from '../../../kernel/metrics/index.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { EndedSessions } from './ended-sessions.js';
import { ExpiredTokenPruner } from './postgres-expired-token.pruner.js';
import { MeteredTokenRepository } from './metered-token.repository.js';
import { PostgresTokenRepository } from './postgres-token.repository.js';
import { RedisTokenRepository } from './redis-token.repository.js';
import { TokenNotes } from './token-notes.js';
import { TokenMetrics } from './token-metrics.js';
import { TokenRepository } from './token-repository.js';
import { TokenSessionEntity } from './token-session.entity.js';
import { TokenUserEntity } from './token-user.entity.js';
import { UntoldSessions } from './untold-sessions.js';

/** The store itself, uncounted. */
const TOKEN_STORE = Symbol('token store');

/** The one place where the token store is chosen: Redis where the configuration names one, else PostgreSQL. */
const tokenStoreProvider: Provider = {
  provide: TOKEN_STORE,
  useFactory: (
    { tokens }: AppConfig,
    redis: RedisConnection | null,
    entries: FencedEntry | null,
    untold: UntoldSessions | null,
    ...[reads, transactions, ends]: [PreparedReads, Transactions, EndedSessions]
  ): TokenRepository =>
    redis && entries
      ? new RedisTokenRepository(redis, entries, tokens.revocationReplicas, (userId) => untold?.note(userId))
      : new PostgresTokenRepository(reads, transactions, ends),
  inject: [APP_CONFIG, RedisConnection, FencedEntry, UntoldSessions, PreparedReads, Transactions, EndedSessions],
};

/** In PostgreSQL the end and what is told of it are one transaction; nothing waits. */
const untoldSessionsProvider: Provider = {
  provide: UntoldSessions,
  useFactory: (redis: RedisConnection | null, ends: EndedSessions, host: HttpAdapterHost) => (redis === null ? null : new UntoldSessions(redis, ends, host)),
  inject: [RedisConnection, EndedSessions, HttpAdapterHost],
};

/** What everybody uses: the store, and a count of what it does. */
const tokenRepositoryProvider: Provider = {
  provide: TokenRepository,
  useFactory: (store: TokenRepository, metrics: Metrics, audit: AuditLog, clock: Clock): TokenRepository =>
    new MeteredTokenRepository(store, new TokenMetrics(metrics), new TokenNotes(audit), clock),
  inject: [TOKEN_STORE, Metrics, AuditLog, Clock],
};

/** Sessions and access tokens, behind the port `TokenRepository`. */
@Module({
  imports: [TypeOrmModule.forFeature([AccessTokenEntity, TokenSessionEntity, TokenUserEntity])],
  providers: [EndedSessions, untoldSessionsProvider, tokenStoreProvider, tokenRepositoryProvider, ExpiredTokenPruner],
  exports: [TokenRepository],
})
export class TokenStoreModule {}
