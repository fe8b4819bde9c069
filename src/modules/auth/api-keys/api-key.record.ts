import type { ApiKeyScope } from '../../../kernel/http/index.js';

/** A key as its owner sees it. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** Until when the last secret that was replaced still works; null when none does. */
  readonly previousSecretWorksUntil: Date | null;
}

/** The same, with those that are over. */
export interface KeptApiKey extends ApiKeyRecord {
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly grantedByAdmin: boolean;
  readonly expiresAt: Date | null;
  readonly digest: Buffer;
}

/** How a presented secret stands. `isUseDue`: its last use was not written for a minute. */
export interface VerifiedApiKey {
  readonly state: 'live' | 'expired' | 'revoked';
  readonly userId: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly grantedByAdmin: boolean;
  readonly isUseDue: boolean;
}
