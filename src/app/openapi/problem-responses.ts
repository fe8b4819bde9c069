import { STATUS_CODES } from 'node:http';
import { DOCUMENT_EXTENSIONS, statusOfProblem } from '../../kernel/http/index.js';
import type { Operation } from './complete-document.js';
import { conditionHeaders } from './conditional-responses.js';
import { RESPONSE_HEADERS } from './response-headers.js';
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

/** One response per status, which names the codes that it can carry. */
export const problemResponses = (codes: readonly string[]): Record<string, object> => {
  const byStatus = groupByStatus(codes);
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, group]) => [String(status), problemResponse(status, group)]),
  );
};

const groupByStatus = (codes: readonly string[]): Map<number, string[]> => {
  const groups = new Map<number, string[]>();
  for (const code of codes) {
    const status = statusOfProblem(code);
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
};

const problemResponse = (status: number, codes: readonly string[]): object => ({
  description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
  headers: {
    'Cache-Control': RESPONSE_HEADERS['Cache-Control-no-store'],
    'X-Request-Id': RESPONSE_HEADERS['X-Request-Id'],
    ...conditionHeaders(String(status), undefined),
  },
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: '#/components/schemas/ProblemDto' }, { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }] },
    },
  },
});
