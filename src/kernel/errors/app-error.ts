/** One fault of one input field; `field` is a JSON path such as `email` or `ids[3]`. */
export interface FieldFault {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

export interface AppErrorOptions {
  /** The private reason: logged, never sent. */
  readonly cause?: unknown;
  readonly errors?: readonly FieldFault[];
  /** Extra response headers, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An expected failure: a stable dotted code, an HTTP status and a sentence for people.
 * One filter turns it into `application/problem+json` (RFC 9457).
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly errors: readonly FieldFault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string,
    options: AppErrorOptions = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}
