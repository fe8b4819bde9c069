export interface RefusalAnswer {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly title: string; readonly status: number; readonly code: string; readonly detail: string };
}

interface RefusalFacts {
  readonly status: 401 | 403 | 503;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly challenge?: string;
}

/** Why a request is not let in, and how to answer it (RFC 6750 §3, RFC 9457). The cause is for the log, never for the caller. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  private constructor(
    private readonly facts: RefusalFacts,
    cause?: unknown,
  ) {
    super(facts.detail, { cause });
  }

  /** No `error` in the challenge: there was nothing to be wrong (RFC 6750 §3.1). */
  static missing(): Refusal {
    return new Refusal({ status: 401, code: 'auth.token_missing', title: 'Token missing', detail: 'This needs an access token.', challenge: 'Bearer' });
  }

  static invalid(cause?: unknown): Refusal {
    return new Refusal({ status: 401, code: 'auth.token_invalid', title: 'Token invalid', detail: 'The access token is not valid, or no longer.', challenge: 'Bearer error="invalid_token"' }, cause);
  }

  static expired(cause?: unknown): Refusal {
    return new Refusal({ status: 401, code: 'auth.token_expired', title: 'Token expired', detail: 'The access token has expired.', challenge: 'Bearer error="invalid_token", error_description="expired"' }, cause);
  }

  static role(role: string): Refusal {
    return new Refusal({ status: 403, code: 'auth.forbidden', title: 'Forbidden', detail: `This needs the role ${role}.`, challenge: 'Bearer error="insufficient_scope"' });
  }

  /** The issuer cannot be asked: nobody is let in, and nobody is told that a good token is a bad one. */
  static unavailable(cause?: unknown): Refusal {
    return new Refusal({ status: 503, code: 'auth.issuer_unavailable', title: 'Issuer unavailable', detail: 'Tokens cannot be checked at the moment; try again.' }, cause);
  }

  get status(): 401 | 403 | 503 {
    return this.facts.status;
  }

  get code(): string {
    return this.facts.code;
  }

  toAnswer(): RefusalAnswer {
    const { status, code, title, detail, challenge } = this.facts;
    return {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...(challenge && { 'www-authenticate': challenge }), ...(status === 503 && { 'retry-after': '1' }) },
      body: { type: `urn:likeness:problem:${code}`, title, status, code, detail },
    };
  }
}

/** What was thrown, as an answer: what is no refusal is a fault that must not let anybody in. */
export const toRefusal = (error: unknown): Refusal => (error instanceof Refusal ? error : Refusal.unavailable(error));
