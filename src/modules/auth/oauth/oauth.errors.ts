import { AppError } from '../../../kernel/errors/index.js';
import { declareProblems } from '../../../kernel/http/index.js';

/** The errors of RFC 6749 §5.2 and RFC 7009 §2.2.1; clients see what stands behind the dot. */
declareProblems({
  'oauth.invalid_client': 401,
  'oauth.invalid_grant': 400,
  'oauth.invalid_request': 400,
  'oauth.invalid_scope': 400,
  'oauth.unsupported_grant_type': 400,
  'oauth.unsupported_token_type': 400,
});

const BASIC_CHALLENGE = 'Basic realm="likeness", charset="UTF-8"';

/** 401. `byBasic`: the client had tried HTTP Basic, and is answered in kind (RFC 6749 §5.2). */
export const invalidClient = (detail: string, byBasic: boolean, cause?: unknown): AppError =>
  new AppError('oauth.invalid_client', 401, detail, { cause, ...(byBasic && { headers: { 'WWW-Authenticate': BASIC_CHALLENGE } }) });

/** 400: the refresh token is refused; `detail` says why. */
export const invalidGrant = (detail: string, cause?: unknown): AppError => new AppError('oauth.invalid_grant', 400, detail, { cause });

export const invalidOAuthRequest = (detail: string): AppError => new AppError('oauth.invalid_request', 400, detail);

export const invalidScope = (): AppError => new AppError('oauth.invalid_scope', 400, 'Tokens of sessions have no scopes to choose from.');

export const unsupportedGrantType = (): AppError => new AppError('oauth.unsupported_grant_type', 400, 'Only grant_type=refresh_token is supported.');

export const unsupportedTokenType = (): AppError =>
  new AppError('oauth.unsupported_token_type', 400, 'API keys are revoked by their owners, at DELETE /v1/auth/api-keys/{id}.');
