import type { AppError } from '../../errors/index.js';
import type { ProblemDto } from './problem.dto.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** What an error looks like on the wire. */
export interface ProblemResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDto;
}

/** `user.email_taken` → `User email taken`. */
export const problemTitle = (code: string): string => {
  const words = code.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const RETRY_AFTER_SECONDS: Readonly<Record<number, string>> = { 429: '60', 503: '1' };

export const problemOf = (error: AppError, requestId: string, authorization?: string): ProblemResponse => {
  const headers: Record<string, string> = { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' };
  const retryAfter = RETRY_AFTER_SECONDS[error.status];
  if (retryAfter) headers['retry-after'] = retryAfter;
  if (error.status === 401) headers['www-authenticate'] = challenge(error, authorization);
  for (const [name, value] of Object.entries(error.headers)) headers[name.toLowerCase()] = value;
  return {
    status: error.status,
    headers,
    body: {
      type: `urn:likeness:problem:${error.code}`,
      title: problemTitle(error.code),
      status: error.status,
      detail: error.detail,
      instance: requestId,
      code: error.code,
      ...(error.errors && { errors: error.errors.map(({ field, code, message }) => ({ field, code, message })) }),
    },
  };
};

/** RFC 6750 §3.1: an error is named only to a caller who presented a token; a wrong password is not a wrong token. */
const challenge = (error: AppError, authorization: string | undefined): string =>
  authorization !== undefined && /^bearer +\S/i.test(authorization) && error.code !== 'auth.invalid_credentials'
    ? 'Bearer error="invalid_token"'
    : 'Bearer';
