export interface FieldFault {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** What the service refused, and why (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly faults: readonly FieldFault[] = [],
    readonly instance = '',
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

/** Nobody answered: no network, or no service. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export const isProblem = (failure: unknown, code: string): failure is Problem => failure instanceof Problem && failure.code === code;

/** From an answer that is not a success. What is no problem document (a proxy's page, say) is told by its status. */
export const problemOf = (body: unknown, { status, headers }: { readonly status: number; readonly headers: Headers }): Problem => {
  const { code, detail, errors, instance } = (typeof body === 'object' && body !== null ? body : {}) as Partial<{ code: string; detail: string; errors: FieldFault[]; instance: string }>;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new Problem(status, code ?? 'service.unavailable', detail ?? '', errors ?? [], instance ?? '', Number.isFinite(seconds) ? seconds : null);
};
