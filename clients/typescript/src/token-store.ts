import type { Tokens } from './types.js';

/** Tokens, and when they came by this machine's clock, so that `expiresIn` says until when they are good here. */
export interface HeldTokens extends Tokens {
  readonly receivedAtMs: number;
}

/**
 * Where tokens are kept. With the cookie transport there is no store: the refresh token is a cookie, the access token stays in memory.
 * Save durably: a refresh token that was replaced ends its session when it is used later than the service's grace.
 */
export interface TokenStore {
  /** Clients whose stores bear the same name hold the same tokens, and take turns at refreshing them. */
  readonly name?: string;
  load(): Promise<HeldTokens | null> | HeldTokens | null;
  save(tokens: HeldTokens): Promise<void> | void;
  clear(): Promise<void> | void;
}

/** Tokens for as long as the process or the page lives. */
export class MemoryTokenStore implements TokenStore {
  private held: HeldTokens | null = null;

  load(): HeldTokens | null {
    return this.held;
  }

  save(tokens: HeldTokens): void {
    this.held = tokens;
  }

  clear(): void {
    this.held = null;
  }
}
