import type { AppError } from '../../errors/index.js';

/** Errors of the OAuth endpoints whose code begins so bear the name that stands in the standards: `oauth.invalid_grant`. */
const OWN_CODES = 'oauth.';

/** Whether errors of this URL take the form of RFC 6749 §5.2 rather than that of RFC 9457. */
export const isOAuthUrl = (url: string): boolean => /^\/oauth(?:[/?#]|$)/.test(url);

const NAME_BY_STATUS: Readonly<Record<number, string>> = { 401: 'invalid_token', 403: 'insufficient_scope', 429: 'temporarily_unavailable', 503: 'temporarily_unavailable' };

/** The `error` for one of our codes: RFC 6749 §5.2 and §4.1.2.1, RFC 6750 §3.1, RFC 7009 §2.2.1. */
export const oauthErrorName = (code: string, status: number): string => {
  if (code.startsWith(OWN_CODES)) return code.slice(OWN_CODES.length);
  return NAME_BY_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request');
};

/** RFC 6749 §5.2: printable ASCII without quotes and backslashes. */
const describable = (text: string): string => text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'");

export const oauthErrorBody = ({ code, status, detail }: AppError): { error: string; error_description: string } => ({
  error: oauthErrorName(code, status),
  error_description: describable(detail),
});
