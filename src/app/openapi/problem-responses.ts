import { STATUS_CODES } from 'node:http';
import { DOCUMENT_EXTENSIONS, statusOfProblem } from '../../kernel/http/index.js';
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
  if (!isPublic) for (const code of TOKEN_PROBLEMS) codes.add(code);
  if (hasPathParameters) codes.add('request.malformed_url').add('request.url_too_long').add('request.invalid');
  if (operation.parameters?.length) codes.add('request.invalid');
  if (operation.requestBody) codes.add('request.invalid').add('request.timeout');
  if (takesJson(operation)) codes.add('request.malformed_json').add('request.malformed_http').add('request.too_large').add('request.unsupported_media_type');
  return [...codes].sort();
};

const takesJson = ({ requestBody }: Operation): boolean => requestBody !== undefined && 'content' in requestBody && 'application/json' in requestBody.content;

/** Those of the codes that come with this status. */
export const codesOf = (codes: readonly string[], status: number): string[] => codes.filter((code) => statusOfProblem(code) === status);

const problemResponse = (status: number, codes: readonly string[]): object => ({
  description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
  headers: { ...commonHeaders('noStore'), ...conditionHeaders(String(status), undefined) },
  content: problemContent(codes),
});

export const problemContent = (codes: readonly string[]): object => ({
  'application/problem+json': {
    schema: { allOf: [{ $ref: '#/components/schemas/ProblemDto' }, { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }] },
  },
});

/** Sets of codes that many operations share, so that the document says them once: `components.responses`. */
const SHARED_CODES: Readonly<Record<string, readonly [status: number, codes: readonly string[]]>> = {
  InternalError: [500, ['service.internal']],
  RefusedToken: [401, [...TOKEN_PROBLEMS].sort()],
  Unavailable: [503, ['service.unavailable']],
};

export const SHARED_RESPONSES = Object.fromEntries(Object.entries(SHARED_CODES).map(([name, [status, codes]]) => [name, problemResponse(status, codes)]));

/** One response per status, which names the codes that it can carry. */
export const problemResponses = (codes: readonly string[]): Record<string, object> => {
  const statuses = [...new Set(codes.map(statusOfProblem))].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [String(status), sharedOrOwn(status, codesOf(codes, status))]));
};

const sharedOrOwn = (status: number, codes: readonly string[]): object => {
  const shared = Object.entries(SHARED_CODES).find(([, [sharedStatus, sharedCodes]]) => sharedStatus === status && sharedCodes.join() === codes.join());
  return shared ? { $ref: `#/components/responses/${shared[0]}` } : problemResponse(status, codes);
};
