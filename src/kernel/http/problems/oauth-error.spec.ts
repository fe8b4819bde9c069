import { describe, expect, it } from '@jest/globals';
import { AppError, forbidden, serviceUnavailable } from '../../errors/index.js';
import { errorResponseOf } from './error-response.js';
import { frameworkError } from './framework.errors.js';
import { isOAuthUrl, oauthErrorBody } from './oauth-error.js';

describe('errors of the OAuth endpoints', () => {
  it.each([
    [new AppError('oauth.invalid_grant', 400, 'x'), 'invalid_grant'],
    [new AppError('auth.token_expired', 401, 'x'), 'invalid_token'],
    [forbidden(), 'insufficient_scope'],
    [frameworkError('request.not_found'), 'invalid_request'],
    [frameworkError('request.unsupported_media_type'), 'invalid_request'],
    [new AppError('request.rate_limited', 429, 'x'), 'temporarily_unavailable'],
    [serviceUnavailable(), 'temporarily_unavailable'],
    [frameworkError('service.internal'), 'server_error'],
  ])('are named as the standards name them', (error, name) => {
    expect(oauthErrorBody(error).error).toBe(name);
  });

  it('are described in the characters that RFC 6749 §5.2 allows', () => {
    const { error_description } = oauthErrorBody(new AppError('oauth.invalid_request', 400, 'the “token” is "\\ü\n"'));
    expect(error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it('have that form under /oauth alone, and keep the headers of any error', () => {
    expect(['/oauth', '/oauth/token', '/oauth?x', '/oauth/x?y'].map(isOAuthUrl)).toEqual([true, true, true, true]);
    expect(['/', '/oauthx', '/v1/oauth/token', ''].map(isOAuthUrl)).toEqual([false, false, false, false]);
    const response = errorResponseOf(serviceUnavailable(), { id: 'r', url: '/oauth/token' });
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' } });
    expect(errorResponseOf(serviceUnavailable(), { id: 'r', url: '/v1/x' }).body).toMatchObject({ code: 'service.unavailable', instance: 'r' });
  });
});
