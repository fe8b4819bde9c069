import { isOAuthUrl, oauthErrorName, problemTitle, statusOfProblem } from '../../kernel/http/index.js';
import { PROBLEM_GUIDE } from './problem-guide.js';

/** The body of an error that bears one of the codes, with an example of each. */
export type ErrorForm = (codes: readonly string[]) => object;

const REQUEST_ID = '0a2f4c1e-7a52-4c59-b8ce-5d1ba5e3f0a1';
const FAULTS = [{ field: 'email', code: 'is_email', message: 'email must be an email' }];

const meaningOf = (code: string): string => PROBLEM_GUIDE[code]?.meaning ?? `${problemTitle(code)}.`;

/** `components.examples`: one for each code, under its own name. */
export const problemExample = (code: string): object => ({
  summary: meaningOf(code),
  value: {
    type: `urn:likeness:problem:${code}`,
    title: problemTitle(code),
    status: statusOfProblem(code),
    detail: meaningOf(code),
    instance: REQUEST_ID,
    code,
    ...(code === 'request.invalid' && { errors: FAULTS }),
  },
});

/** RFC 9457. */
export const problemForm: ErrorForm = (codes) => ({
  'application/problem+json': {
    schema: { allOf: [{ $ref: '#/components/schemas/ProblemDto' }, { type: 'object', properties: { code: { type: 'string', enum: [...codes] } } }] },
    examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
  },
});

/** RFC 6749 §5.2. */
const oauthForm: ErrorForm = (codes) => {
  const codeByName = new Map(codes.map((code) => [oauthErrorName(code, statusOfProblem(code)), code]));
  const names = [...codeByName.keys()].sort();
  return {
    'application/json': {
      schema: { allOf: [{ $ref: '#/components/schemas/OAuthErrorDto' }, { type: 'object', properties: { error: { type: 'string', enum: names } } }] },
      examples: Object.fromEntries(names.map((name) => [name, { value: { error: name, error_description: describable(meaningOf(codeByName.get(name)!)) } }])),
    },
  };
};

/** The characters of RFC 6749 §5.2, as the service itself writes them. */
const describable = (text: string): string => text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'");

/** RFC 9457's form, and RFC 6749's under /oauth. */
export const errorFormOf = (path: string): ErrorForm => (isOAuthUrl(path) ? oauthForm : problemForm);
