import { Injectable, Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { AuditModule } from '../../src/kernel/audit/index.js';
import { CacheModule } from '../../src/kernel/cache/index.js';
import { ClockModule } from '../../src/kernel/clock/index.js';
import { ConfigModule } from '../../src/kernel/config/index.js';
import { DatabaseModule } from '../../src/kernel/database/index.js';
import { EventsModule } from '../../src/kernel/events/index.js';
import { IdempotencyModule } from '../../src/kernel/idempotency/index.js';
import { LimitsModule } from '../../src/kernel/limits/index.js';
import { ServiceAdapter, setupHttp } from '../../src/kernel/http/index.js';
import { UsersModule, UsersService } from '../../src/modules/users/index.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';

/** Stands where the auth module's guard will: `x-as: <user id>` says who is asking. */
@Injectable()
class SayingGuard implements CanActivate {
  constructor(private readonly users: UsersService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const user = await this.users.snapshot(String(request.headers['x-as']));
    if (!user) return false;
    request.userSnapshot = user;
    request.principal = { kind: 'session', userId: user.userId, sessionId: user.userId, tokenId: user.userId, roles: user.roles };
    return true;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look where they expect something
}

export interface UsersApp {
  readonly users: UsersService;
  readonly url: string;
  send(method: string, path: string, as: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** The users routes on a real socket and a real database, behind a guard that believes everybody. */
export async function usersApp(): Promise<UsersApp> {
  const database = await withDatabase();
  const config = testConfig({ DATABASE_URL: database.url });
  class TestModule {}
  Module({
    imports: [ConfigModule.forRoot(config), ClockModule, DatabaseModule.forRoot(), CacheModule.forRoot(), EventsModule, AuditModule, IdempotencyModule, LimitsModule, UsersModule],
    providers: [{ provide: APP_GUARD, useClass: SayingGuard }],
  })(TestModule);
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new ServiceAdapter(config.http), { logger: false, abortOnError: false });
  setupHttp(app, config.http);
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return {
    users: app.get(UsersService),
    url,
    send: async (method, path, as, body, headers = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: { 'x-as': as, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
