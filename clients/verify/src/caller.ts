/** Whose token it is. */
export interface Caller {
  readonly userId: string;
  /** Null for tokens that belong to no session. */
  readonly sessionId: string | null;
  readonly roles: readonly string[];
  readonly platform: string | null;
  readonly expiresAt: Date;
}

/** Says whose a token is. Rejects with a `Refusal`. */
export interface TokenVerifier {
  verify(token: string): Promise<Caller>;
}
