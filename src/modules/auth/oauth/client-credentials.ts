import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Form } from '../../../kernel/http/index.js';
import { bearerTokenOf } from '../guard/bearer-header.js';
import { invalidClient, invalidOAuthRequest } from './oauth.errors.js';

/** How a client says who it is: by bearer token, or with an API key as its secret (RFC 6749 §2.3.1). */
export type PresentedCredentials = { readonly kind: 'bearer'; readonly token: string } | { readonly kind: 'secret'; readonly secret: string; readonly byBasic: boolean };

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Undefined when the client says nothing of itself, or its name alone. Throws `invalid_client` for a header that cannot be
 * read, and `invalid_request` for more than one way at once (RFC 6749 §2.3).
 */
export const credentialsOf = (authorization: string | undefined, form: Form): PresentedCredentials | undefined => {
  const posted = form.get('client_secret');
  if (authorization === undefined) return posted === undefined ? undefined : { kind: 'secret', secret: posted, byBasic: false };
  if (posted !== undefined) throw invalidOAuthRequest('Authenticate in one way: by header or in the body.');
  const token = bearerTokenOf(authorization);
  if (token !== undefined) return { kind: 'bearer', token };
  const byBasic = /^Basic\b/i.test(authorization);
  const secret = basicSecretOf(authorization);
  if (secret === undefined) throw invalidClient('The Authorization header cannot be read.', byBasic);
  return { kind: 'secret', secret, byBasic };
};

/**
 * The user name is for the client's own use: the key says whose it is. Both parts are form-encoded (RFC 6749 §2.3.1). Many know
 * keys as user names with an empty password (`curl -u lk_…:`).
 */
const basicSecretOf = (authorization: string): string | undefined => {
  const encoded = BASIC.exec(authorization)?.[1];
  const [name = '', ...password] = encoded === undefined ? [] : Buffer.from(encoded, 'base64').toString('utf8').split(':');
  if (password.length === 0) return undefined;
  try {
    return decodeURIComponent((password.join(':') || name).replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

export const ClientCredentials = createParamDecorator((_data: unknown, context: ExecutionContext): PresentedCredentials | undefined => {
  const { headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
  return credentialsOf(headers.authorization, body instanceof Map ? (body as Form) : new Map());
});
