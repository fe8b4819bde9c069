import { DOCUMENT_EXTENSIONS, statusOfProblem } from '../../kernel/http/index.js';
import type { Operation } from './operation.js';
import { TOKEN_PROBLEMS } from './token-problems.js';

interface OperationFacts {
  readonly isPublic: boolean;
  readonly hasPathParameters: boolean;
}

const JSON_PROBLEMS = ['request.malformed_json', 'request.malformed_http', 'request.too_complex', 'request.too_large', 'request.unsupported_media_type'];
const FORM_PROBLEMS = ['request.malformed_form', 'request.malformed_http', 'request.too_complex', 'request.too_large', 'request.unsupported_media_type'];

/** What the operation declares, and what follows from its shape. */
export const problemCodes = (operation: Operation, { isPublic, hasPathParameters }: OperationFacts): string[] => {
  const codes = new Set<string>(['service.internal', 'service.unavailable']);
  const add = (more: readonly string[]): void => more.forEach((code) => codes.add(code));
  for (const [key, value] of Object.entries(operation)) {
    if (key.startsWith(DOCUMENT_EXTENSIONS.problems)) add(value as string[]);
  }
  if (!isPublic) add([...TOKEN_PROBLEMS, 'auth.insufficient_scope']);
  if (hasPathParameters) add(['request.malformed_url', 'request.url_too_long', 'request.invalid']);
  // A header that cannot be understood is as if it were not there; a query is refused.
  if (operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === 'query')) add(['request.invalid', 'request.url_too_long']);
  if (operation.requestBody) add(['request.invalid', 'request.timeout']);
  if (takes(operation, 'application/json')) add(JSON_PROBLEMS);
  if (takes(operation, 'multipart/form-data')) add(['request.unsupported_media_type']);
  if (takes(operation, 'application/x-www-form-urlencoded')) add(FORM_PROBLEMS);
  return [...codes].sort();
};

const takes = ({ requestBody }: Operation, type: string): boolean => requestBody !== undefined && 'content' in requestBody && type in requestBody.content;

/** Those of the codes that come with this status. */
export const codesOf = (codes: readonly string[], status: number): string[] => codes.filter((code) => statusOfProblem(code) === status);
