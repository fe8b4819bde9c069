export type { ApiKey, ApiKeyScope, AuditAction, AuditEvent, Avatar, Crop, NewApiKey, OwnPatch, Platform, SessionEntry, SignedOutReason, User, UserPatch } from '../../../clients/typescript/src/index';

/** One page of a list; `nextCursor` is null at its end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
