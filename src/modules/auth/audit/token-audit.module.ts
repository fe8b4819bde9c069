import { Module } from '@nestjs/common';
import { RedisConnection } from '../../../kernel/cache/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { PostgresTokenAudit } from './postgres-token-audit.js';
import { RedisTokenAudit } from './redis-token-audit.js';
import { TokenAudit } from './token-audit.js';

/** The check that `npm run cli -- tokens audit` runs, on the store that holds the tokens. */
@Module({
  providers: [
    {
      provide: TokenAudit,
      useFactory: (redis: RedisConnection | null, transactions: Transactions): TokenAudit => (redis ? new RedisTokenAudit(redis) : new PostgresTokenAudit(transactions)),
      inject: [RedisConnection, Transactions],
    },
  ],
  exports: [TokenAudit],
})
export class TokenAuditModule {}
