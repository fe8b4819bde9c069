import type { Provider, Type } from '@nestjs/common';
import { AuthorizationServerController } from './authorization-server.controller.js';
import { Introspection } from './introspection.service.js';
import { IntrospectionShortWay } from './introspection.short-way.js';
import { OAuthCallers } from './oauth-callers.service.js';
import { OAuthController } from './oauth.controller.js';
import { RefreshGrant } from './refresh-grant.service.js';
import { Revocation } from './revocation.service.js';

/** What the auth module takes in for the standard endpoints. */
export const OAUTH_CONTROLLERS: Type[] = [OAuthController, AuthorizationServerController];
export const OAUTH_PROVIDERS: Provider[] = [OAuthCallers, RefreshGrant, Introspection, IntrospectionShortWay, Revocation];
