import type { AppError } from '../../errors/index.js';
import { isOAuthUrl, oauthErrorBody } from './oauth-error.js';
import { problemOf } from './problem.js';

export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What an error looks like on the wire, in the form of the part of the service that it happened in. */
export const errorResponseOf = (error: AppError, request: { readonly id: string; readonly url: string | undefined; readonly authorization?: string | undefined }): ErrorResponse => {
  const problem = problemOf(error, request.id, request.authorization);
  if (!isOAuthUrl(request.url ?? '')) return problem;
  return { status: problem.status, headers: { ...problem.headers, 'content-type': 'application/json; charset=utf-8' }, body: oauthErrorBody(error) };
};
