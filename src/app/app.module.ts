import { Module, type DynamicModule } from '@nestjs/common';
import { AuditModule } from '../kernel/audit/index.js';
import { CacheModule } from '../kernel/cache/index.js';
import { ClockModule } from '../kernel/clock/index.js';
import { ConfigModule, type AppConfig } from '../kernel/config/index.js';
import { DatabaseModule } from '../kernel/database/index.js';
import { EventsModule } from '../kernel/events/index.js';
import { HealthModule } from '../kernel/health/index.js';
import { IdempotencyModule } from '../kernel/idempotency/index.js';
import { LimitsModule } from '../kernel/limits/index.js';
import { MailModule } from '../kernel/mail/index.js';
import { MetricsModule } from '../kernel/metrics/index.js';
import { AccountPageModule } from '../modules/account-page/index.js';
import { ArchiveModule } from '../modules/archive/index.js';
import { AuthModule } from '../modules/auth/index.js';
import { AvatarsModule } from '../modules/avatars/index.js';
import { ExportModule } from '../modules/export/index.js';
import { UsersModule } from '../modules/users/index.js';
import { WebhooksModule } from '../modules/webhooks/index.js';

/** The whole service; which adapters stand behind its ports follows from the configuration. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ClockModule,
        DatabaseModule.forRoot(),
        CacheModule.forRoot(),
        EventsModule,
        AuditModule,
        IdempotencyModule,
        LimitsModule,
        MailModule,
        MetricsModule,
        HealthModule,
        UsersModule,
        AuthModule,
        AvatarsModule,
        WebhooksModule,
        ExportModule,
        ...(config.accountPage ? [AccountPageModule] : []),
        ArchiveModule,
      ],
    };
  }
}
