/** The status of every documented problem code. Modules add theirs beside their errors, by `declareProblems`. */
const catalogue = new Map<string, number>();

/** Makes codes known to the OpenAPI document: `declareProblems({ 'user.email_taken': 409 })`. Two statuses for one code are a fault. */
export const declareProblems = (statusByCode: Readonly<Record<string, number>>): void => {
  for (const [code, status] of Object.entries(statusByCode)) {
    const earlier = catalogue.get(code);
    if (earlier !== undefined && earlier !== status) throw new Error(`Problem ${code} is declared with ${earlier} and ${status}`);
    catalogue.set(code, status);
  }
};

export const statusOfProblem = (code: string): number => {
  const status = catalogue.get(code);
  if (status === undefined) throw new Error(`Problem ${code} is not declared; see declareProblems`);
  return status;
};

/** All of them, with their statuses, in order of their names. */
export const declaredProblems = (): readonly (readonly [code: string, status: number])[] => [...catalogue].sort(([a], [b]) => (a < b ? -1 : 1));

/** What the framework itself, or any route, can answer. */
export const FRAMEWORK_PROBLEMS = {
  'request.invalid': 400,
  'request.malformed_json': 400,
  'request.malformed_form': 400,
  'request.too_complex': 400,
  'request.malformed_url': 400,
  'request.malformed_http': 400,
  'request.not_found': 404,
  'request.method_not_allowed': 405,
  'request.not_acceptable': 406,
  'request.timeout': 408,
  'request.conflict': 409,
  'request.precondition_failed': 412,
  'request.too_large': 413,
  'request.url_too_long': 414,
  'request.unsupported_media_type': 415,
  'request.expectation_failed': 417,
  'request.misdirected': 421,
  'request.unprocessable': 422,
  'request.rate_limited': 429,
  'request.headers_too_large': 431,
  'request.outcome_unknown': 503,
  'auth.unauthorized': 401,
  'auth.forbidden': 403,
  'service.internal': 500,
  'service.unavailable': 503,
} as const satisfies Record<string, number>;

export type FrameworkProblem = keyof typeof FRAMEWORK_PROBLEMS;

declareProblems(FRAMEWORK_PROBLEMS);
