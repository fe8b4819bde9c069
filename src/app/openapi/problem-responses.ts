import { STATUS_CODES } from 'node:http';
import { statusOfProblem } from '../../kernel/http/index.js';
import { codesOf } from './problem-codes.js';
import { problemExample, problemForm, type ErrorForm } from './problem-forms.js';
import { commonHeaders, headerRef, limitHeaders, problemHeaders } from './response-headers.js';
import { TOKEN_PROBLEMS } from './token-problems.js';

/** Names for what many operations answer with several codes; a single code gives its own. */
const NAMES: readonly (readonly [name: string, codes: readonly string[]])[] = [
  ['RefusedToken', TOKEN_PROBLEMS],
  ['RefusedTokenOrPassword', [...TOKEN_PROBLEMS, 'auth.invalid_credentials']],
  ['Forbidden', ['auth.forbidden', 'auth.insufficient_scope']],
  ['InvalidBody', ['request.invalid', 'request.malformed_http', 'request.malformed_json', 'request.too_complex']],
  ['InvalidPath', ['request.invalid', 'request.malformed_url']],
  ['InvalidPathOrBody', ['request.invalid', 'request.malformed_http', 'request.malformed_json', 'request.malformed_url', 'request.too_complex']],
  ['PictureRefused', ['avatar.not_an_image', 'avatar.too_many_frames', 'avatar.too_many_pixels', 'request.malformed_part']],
  ['PictureStoreUnavailable', ['avatar.busy', 'avatar.storage_unavailable', 'service.unavailable']],
  ['PictureStoreUnavailableOrOutcomeUnknown', ['avatar.busy', 'avatar.storage_unavailable', 'request.outcome_unknown', 'service.unavailable']],
  ['UnavailableOrOutcomeUnknown', ['request.outcome_unknown', 'service.unavailable']],
];

/** Refusals that are kept under an `Idempotency-Key`, as what was made is. */
const REPLAYED = new Set([400, 403, 404, 409, 422]);

interface RequestFacts {
  /** Limits count the request. */
  readonly isCounted: boolean;
  /** It may be sent again with the same `Idempotency-Key`. */
  readonly isRepeatable: boolean;
}

const keyOf = (codes: readonly string[]): string => [...codes].sort().join();
const NAME_BY_CODES = new Map(NAMES.map(([name, codes]) => [keyOf(codes), name]));

/** `user.not_found` → `UserNotFound`. */
const pascalCase = (code: string): string => code.replace(/(?:^|[._])([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** The errors of one document: what several operations answer stands once, in its components. */
export class ProblemResponses {
  readonly responses: Record<string, object> = {};
  readonly examples: Record<string, object> = {};

  /** One response per status, which names the codes that it can carry. */
  of(codes: readonly string[], form: ErrorForm, facts: RequestFacts): Record<string, object> {
    const statuses = [...new Set(codes.map(statusOfProblem))].sort((a, b) => a - b);
    return Object.fromEntries(statuses.map((status) => [String(status), this.sharedOrOwn(status, codesOf(codes, status), form, facts)]));
  }

  /** The body alone. */
  bodyOf(codes: readonly string[], form: ErrorForm): object {
    if (form === problemForm) for (const code of codes) this.examples[code] = problemExample(code);
    return form(codes);
  }

  private sharedOrOwn(status: number, codes: readonly string[], form: ErrorForm, { isCounted, isRepeatable }: RequestFacts): object {
    const isReplayed = isRepeatable && REPLAYED.has(status);
    const response = {
      description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
      headers: { ...commonHeaders('noStore'), ...problemHeaders(status, codes), ...(isCounted && limitHeaders()), ...(isReplayed && { 'Idempotency-Replayed': headerRef('Idempotency-Replayed') }) },
      content: this.bodyOf(codes, form),
    };
    const name = form === problemForm ? (NAME_BY_CODES.get(keyOf(codes)) ?? (codes.length === 1 ? pascalCase(codes[0]!) : undefined)) : undefined;
    if (name === undefined) return response;
    const component = `${name}${isCounted ? 'Counted' : ''}${isReplayed ? 'Replayed' : ''}`;
    this.responses[component] = response;
    return { $ref: `#/components/responses/${component}` };
  }
}
