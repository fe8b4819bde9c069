import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BearerCheck } from '../../kernel/http/index.js';
import { UsersModule } from '../users/index.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { AccountsService } from './accounts/accounts.service.js';
import { LoginService } from './accounts/login.service.js';
import { FirstAdmin } from './accounts/first-admin.service.js';
import { ApiKeysModule } from './api-keys/index.js';
import { TokenAuditModule } from './audit/token-audit.module.js';
import { AccessTokenCodec } from './codecs/access-token.codec.js';
import { RefreshTokenCodec } from './codecs/refresh-token.codec.js';
import { RefreshCookies } from './cookies/refresh-cookies.service.js';
import { CREDENTIALS_CONTROLLERS, CREDENTIALS_PROVIDERS } from './credentials/credentials.parts.js';
import { OneTimeTokenEntity } from './credentials/one-time-token.entity.js';
import { Authenticator } from './guard/authenticator.service.js';
import { BearerGuard } from './guard/bearer.guard.js';
import { BearerStrategy } from './guard/bearer.strategy.js';
import { Bearers } from './guard/bearers.service.js';
import { SessionLifetimesModule } from './guard/session-lifetimes.module.js';
import { ShortWayBearers } from './guard/short-way.bearers.js';
import { LegacyTokensModule } from './legacy/legacy-tokens.module.js';
import { SigningKeysModule } from './keys/signing-keys.module.js';
import { OAUTH_CONTROLLERS, OAUTH_PROVIDERS } from './oauth/oauth.parts.js';
import { OwnRecords } from './own-records/own-records.service.js';
import { AdminTokensService } from './sessions/admin-tokens.service.js';
import { LimitedRefresh } from './sessions/limited-refresh.service.js';
import { LogoutService } from './sessions/logout.service.js';
import { RefreshService } from './sessions/refresh.service.js';
import { RefreshShortWay } from './sessions/refresh.short-way.js';
import { SessionIssuer } from './sessions/session-issuer.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { UserSessionsController } from './sessions/user-sessions.controller.js';
import { UserSessionsHandler } from './sessions/user-sessions.handler.js';
import { TokenStoreModule } from './tokens/index.js';

/** Accounts' way in and out: registration, login, sessions, tokens, and the global guard that all routes stand behind. */
@Module({
  imports: [UsersModule, ApiKeysModule, TokenStoreModule, PassportModule, JwtModule.register({}), TypeOrmModule.forFeature([OneTimeTokenEntity]), LegacyTokensModule, TokenAuditModule, SigningKeysModule, SessionLifetimesModule],
  controllers: [AccountsController, SessionsController, UserSessionsController, ...OAUTH_CONTROLLERS, ...CREDENTIALS_CONTROLLERS],
  providers: [
    AccessTokenCodec,
    AccountsService,
    AdminTokensService,
    Authenticator,
    BearerStrategy,
    Bearers,
    FirstAdmin,
    LimitedRefresh,
    LoginService,
    LogoutService,
    OwnRecords,
    ...OAUTH_PROVIDERS,
    RefreshService,
    RefreshShortWay,
    RefreshCookies,
    RefreshTokenCodec,
    SessionIssuer,
    SessionsService,
    UserSessionsHandler,
    ...CREDENTIALS_PROVIDERS,
    ShortWayBearers,
    { provide: BearerCheck, useExisting: ShortWayBearers },
    { provide: APP_GUARD, useClass: BearerGuard },
  ],
  exports: [OwnRecords],
})
export class AuthModule {}
