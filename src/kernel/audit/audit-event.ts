/** Everything that is written down: facts in the past tense. */
export const AUDIT_ACTIONS = [
  'user.created', 'user.deleted', 'user.roles_changed', 'user.disabled', 'user.enabled',
  'login.failed', 'session.started', 'session.ended', 'sessions.ended', 'refresh_token.reused', 'token.issued',
  'password.changed', 'email.change_requested', 'email.changed', 'avatar.changed', 'default_picture.changed',
  'api_key.created', 'api_key.rotated', 'api_key.revoked',
  'webhook.created', 'webhook.changed', 'webhook.deleted', 'signing_key.rotated', 'signing_key.withdrawn',
] as const; // prettier-ignore
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `anyone`: who had not signed in; `system`: the command line, and the service by itself. */
export const ACTOR_KINDS = ['user', 'api_key', 'anyone', 'system'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Identifiers and words of ours; never a name, an address or a secret. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface AuditFact {
  readonly action: AuditAction;
  /** To whom it was done. */
  readonly subjectId: string | null;
  /** Who did it, where that is known better than from the request. */
  readonly actorId?: string;
  readonly details?: AuditDetails;
}

/** A fact with who did it, and from where. */
export interface AuditEntry extends Omit<AuditFact, 'actorId' | 'details'> {
  readonly id: string;
  readonly actorKind: ActorKind;
  readonly actorId: string | null;
  readonly ipAddress: string | null;
  readonly requestId: string | null;
  readonly details: AuditDetails;
}

export interface AuditRecord extends AuditEntry {
  readonly createdAt: Date;
}
