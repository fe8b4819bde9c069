import { STATUS_CODES } from 'node:http';
import { DOCUMENT_EXTENSIONS, isOAuthUrl, oauthErrorName, statusOfProblem } from '../../kernel/http/index.js';
import type { Operation } from './operation.js';
import { conditionHeaders } from './conditional-responses.js';
import { commonHeaders } from './response-headers.js';
import { TOKEN_PROBLEMS } from './token-problems.js';

interface OperationFacts {
  readonly isPublic: boolean;
  readonly hasPathParameters: boolean;
}

/** What the operation declares, and what follows from its shape. */
export const problemCodes = (operation: Operation, { isPublic, hasPathParameters }: OperationFacts): string[] => {
  const codes = new Set<string>(['service.internal', 'service.unavailable']);
  for (const [key, value] of Object.entries(operation)) {
    if (key.startsWith(DOCUMENT_EXTENSIONS.problems)) for (const code of value as string[]) codes.add(code);
  }
  if (!isPublic) for (const code of [...TOKEN_PROBLEMS, 'auth.insufficient_scope']) codes.add(code);
  if (hasPathParameters) codes.add('request.malformed_url').add('request.url_too_long').add('request.invalid');
  if (operation.parameters?.length) codes.add('request.invalid');
  if (operation.requestBody) codes.add('request.invalid').add('request.timeout');
  if (takesJson(operation)) codes.add('request.malformed_json').add('request.malformed_http').add('request.too_large').add('request.unsupported_media_type');
  if (takesForm(operation)) codes.add('request.malformed_form').add('request.malformed_http').add('request.too_large').add('request.unsupported_media_type');
  return [...codes].sort();
};

const takesJson = ({ requestBody }: Operation): boolean => requestBody !== undefined && 'content' in requestBody && 'application/json' in requestBody.content;
const takesForm = ({ requestBody }: Operation): boolean => requestBody !== undefined && 'content' in requestBody && 'application/x-www-form-urlencoded' in requestBody.content;

/** Those of the codes that come with this status. */
export const codesOf = (codes: readonly string[], status: number): string[] => codes.filter((code) => statusOfProblem(code) === status);

/** The body of an error that bears one of the codes. */
export type ErrorForm = (codes: readonly string[]) => object;

const problemResponse = (status: number, codes: readonly string[], form: ErrorForm = problemContent): object => ({
  description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
  headers: { ...commonHeaders('noStore'), ...conditionHeaders(String(status), undefined) },
  content: form(codes),
});

const problemContent: ErrorForm = (codes) => ({
  'application/problem+json': {
    schema: { allOf: [{ $ref: '#/components/schemas/ProblemDto' }, { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }] },
  },
});

const oauthContent: ErrorForm = (codes) => ({
  'application/json': {
    schema: { allOf: [{ $ref: '#/components/schemas/OAuthErrorDto' }, { type: 'object', properties: { error: { type: 'string', enum: oauthNames(codes) } } }] },
  },
});

const oauthNames = (codes: readonly string[]): string[] => [...new Set(codes.map((code) => oauthErrorName(code, statusOfProblem(code))))].sort();

/** RFC 9457's form, and RFC 6749's under /oauth. */
export const errorFormOf = (path: string): ErrorForm => (isOAuthUrl(path) ? oauthContent : problemContent);

/** Sets of codes that many operations share, so that the document says them once: `components.responses`. */
const SHARED_CODES: Readonly<Record<string, readonly [status: number, codes: readonly string[]]>> = {
  InsufficientScope: [403, ['auth.insufficient_scope']],
  InternalError: [500, ['service.internal']],
  RefusedToken: [401, [...TOKEN_PROBLEMS].sort()],
  Unavailable: [503, ['service.unavailable']],
};

export const SHARED_RESPONSES = Object.fromEntries(Object.entries(SHARED_CODES).map(([name, [status, codes]]) => [name, problemResponse(status, codes)]));

/** One response per status, which names the codes that it can carry. */
export const problemResponses = (codes: readonly string[], form: ErrorForm): Record<string, object> => {
  const statuses = [...new Set(codes.map(statusOfProblem))].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [String(status), sharedOrOwn(status, codesOf(codes, status), form)]));
};

const sharedOrOwn = (status: number, codes: readonly string[], form: ErrorForm): object => {
  if (form !== problemContent) return problemResponse(status, codes, form);
  const shared = Object.entries(SHARED_CODES).find(([, [sharedStatus, sharedCodes]]) => sharedStatus === status && sharedCodes.join() === codes.join());
  return shared ? { $ref: `#/components/responses/${shared[0]}` } : problemResponse(status, codes);
};
