import type { Event } from '../../kernel/events/index.js';
import type { UserChange } from './user-change.js';
import type { UserEntity } from './user.entity.js';
import './user-events.js';

/** What a change of a user means beside being one. */
export type AsideFact = Event<'password.changed' | 'sessions.ended' | 'email.change_requested' | 'email.verified' | 'email.changed' | 'standing.changed'>;

/** Read off the row, so that no way of changing it can forget to say so. */
export function asidesOf(before: UserEntity, after: UserEntity, change: UserChange): AsideFact[] {
  const { id: userId, version, sessionEpoch } = after;
  const asides: AsideFact[] = [];
  if (before.passwordHash !== after.passwordHash) {
    const keptSessionId = change.raisesEpochExcept?.sessionId ?? null;
    asides.push({ name: 'password.changed', payload: { userId, version, sessionEpoch, keptSessionId, keepApiKeys: change.keepsApiKeys ?? false } });
  }
  if (before.sessionEpoch !== sessionEpoch) asides.push({ name: 'sessions.ended', payload: { userId, version, keptSessionId: after.exceptedSessionId } });
  if (after.pendingEmail !== null && before.pendingEmail !== after.pendingEmail) asides.push({ name: 'email.change_requested', payload: { userId, version } });
  if (!before.emailVerified && after.emailVerified) asides.push({ name: 'email.verified', payload: { userId, version } });
  if (before.emailKey !== after.emailKey) asides.push({ name: 'email.changed', payload: { userId, version, previousEmail: before.email } });
  const roles = before.roles.join() === after.roles.join() ? null : after.roles;
  const disabled = before.disabled === after.disabled ? null : after.disabled;
  if (roles || disabled !== null) asides.push({ name: 'standing.changed', payload: { userId, version, roles, disabled } });
  return asides;
}
