export type { ApiKey, Avatar, Platform, SessionEntry, SignedOutReason, User } from '../../../clients/typescript/src/types';
import type { Schemas } from '../../../clients/typescript/src/types';

export type AuditEvent = Schemas['AuditEventDto'];
export type AuditAction = Schemas['AuditAction'];
export type ApiKeyScope = Schemas['ApiKeyScope'];
export type NewApiKey = Schemas['ApiKeyWithSecretDto'];
export type OwnPatch = Schemas['OwnProfilePatchDto'];
export type UserPatch = Schemas['UserPatchDto'];

/** One page of a list; `nextCursor` is null at its end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** The square to show, in pixels of the upright picture. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}
