import type { ApiClient, ApiAnswer } from '../kit/api.js';

/** POSTs a form, as OAuth clients do. */
export const postForm = (api: ApiClient, path: string, form: Readonly<Record<string, string>> | string, authorization?: string): Promise<ApiAnswer> =>
  api.request('POST', path, {
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization !== undefined && { authorization }) },
  });

export const bearer = (token: string): string => `Bearer ${token}`;

/** RFC 6749 §2.3.1: both parts form-encoded. */
export const basic = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`;

export const errorOf = ({ status, body }: ApiAnswer): [number, string | undefined] => [status, body?.error];
