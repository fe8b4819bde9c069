import { AppError } from '../../../kernel/errors/index.js';
import { declareProblems, type ApiKeyScope } from '../../../kernel/http/index.js';

declareProblems({ 'auth.insufficient_scope': 403 });

const challenge = (scope?: ApiKeyScope): string => `Bearer error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}`;

/** 403, with RFC 6750 §3.1's challenge: this key would need `scope`; without one, no key will do. */
export const insufficientScope = (scope?: ApiKeyScope): AppError =>
  new AppError('auth.insufficient_scope', 403, scope === undefined ? 'This needs the access token of a session.' : `This needs the scope ${scope}.`, {
    headers: { 'WWW-Authenticate': challenge(scope) },
  });

/** 403: the scope is there, and what the body asks for is still not for keys. */
export const fieldNotForKeys = (field: string): AppError =>
  new AppError('auth.insufficient_scope', 403, `An API key cannot set ${field} so; this needs the access token of a session.`, {
    headers: { 'WWW-Authenticate': challenge() },
  });
