import { Global, Injectable, Module, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { APP_GUARD, ModuleRef, NestFactory, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AuditModule } from '../../src/kernel/audit/index.js';
import { CacheModule } from '../../src/kernel/cache/index.js';
import { ClockModule } from '../../src/kernel/clock/index.js';
import { ConfigModule, type SettingName } from '../../src/kernel/config/index.js';
import { DatabaseModule } from '../../src/kernel/database/index.js';
import { AppError } from '../../src/kernel/errors/index.js';
import { EventsModule } from '../../src/kernel/events/index.js';
import { IdempotencyModule } from '../../src/kernel/idempotency/index.js';
import { LimitsModule } from '../../src/kernel/limits/index.js';
import { MetricsModule } from '../../src/kernel/metrics/index.js';
import { HealthModule } from '../../src/kernel/health/index.js';
import { BearerCheck, IS_PUBLIC, PUBLIC_GATE, ServiceAdapter, SessionLifetimes, setupHttp, ShortWays, type PublicGate } from '../../src/kernel/http/index.js';
import { AvatarsModule } from '../../src/modules/avatars/index.js';
import { UsersService } from '../../src/modules/users/index.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';

/** Stands in for the bearer check: `Authorization: Bearer <user id>[ admin]`. */
@Injectable()
class BelievingGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const gate = this.reflector.get<Type<PublicGate> | undefined>(PUBLIC_GATE, context.getHandler());
    if (gate && (await this.modules.get(gate, { strict: false }).admits(request))) return true;
    const [, userId, role] = (request.headers.authorization ?? '').split(' ');
    if (!userId) throw new AppError('auth.token_missing', 401, 'A token is required.');
    request.principal = { kind: 'session', userId, sessionId: 's', tokenId: 't', roles: role ? [role] : [] };
    return true;
  }
}

/** Every session is one that somebody signed in to. */
@Global()
@Module({ providers: [{ provide: SessionLifetimes, useValue: { endOf: () => Promise.resolve(null) } }], exports: [SessionLifetimes] })
class LastingSessionsModule {}

export interface AvatarsApp {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly port: number;
  /** The folder of the local picture store. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly users: UsersService;
  /** A new user's id. */
  user(displayName?: string): Promise<string>;
  close(): Promise<void>;
}

let counter = 0;

/** Everything but the auth module, on a database and a folder of its own. */
export async function startAvatarsApp(settings: Partial<Record<SettingName, string>> = {}): Promise<AvatarsApp> {
  const database = await withDatabase();
  const config = testConfig({ DATABASE_URL: database.url, RATE_LIMITS: 'off', ...settings });
  class TestModule {}
  Module({
    imports: [ConfigModule.forRoot(config), ClockModule, DatabaseModule.forRoot(), CacheModule.forRoot(), EventsModule, AuditModule, IdempotencyModule, LimitsModule, MetricsModule, HealthModule, LastingSessionsModule, AvatarsModule],
    providers: [{ provide: APP_GUARD, useClass: BelievingGuard }, { provide: BearerCheck, useValue: { admit: () => null } }],
  })(TestModule);
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new ServiceAdapter(config.http), { logger: process.env['TEST_LOG'] ? ['error', 'warn'] : false });
  setupHttp(app, config.http);
  // As in production: otherwise no test here would see what is answered ahead of Fastify.
  new ShortWays(app, config.http, () => ({ answered: () => undefined, aborted: () => undefined })).open();
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const users = app.get(UsersService);
  return {
    app,
    port,
    users,
    url: `http://127.0.0.1:${port}`,
    folder: join(config.dataDir, 'avatars'),
    databaseUrl: database.url,
    async user(displayName = 'Ada Lovelace'): Promise<string> {
      const name = `user${(counter += 1)}`;
      return (await users.create({ email: `${name}@example.test`, username: name, password: 'correct horse battery', displayName })).userId;
    },
    async close(): Promise<void> {
      await app.close();
      await database.drop();
      await rm(config.dataDir, { recursive: true, force: true });
    },
  };
}
