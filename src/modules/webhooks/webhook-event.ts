import { PIPELINE_VERSION } from '../users/index.js';
import type { EventMap, RecordedFact } from '../../kernel/events/index.js';

export const WEBHOOK_EVENT_TYPES = ['user.created', 'user.updated', 'user.deleted', 'avatar.changed', 'session.ended'] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What is told: identifiers and versions, never a name or an address. Who wants to know more asks with a token. */
export interface WebhookFact {
  readonly type: WebhookEventType;
  readonly data: Readonly<Record<string, unknown>>;
}

type Told = 'user.created' | 'user.changed' | 'user.deleted' | 'avatar.changed' | 'sessions.ended' | 'session.ended';

const FACTS: { readonly [K in Told]: (payload: EventMap[K], publicUrl: string) => WebhookFact } = {
  'user.created': ({ userId, version }) => ({ type: 'user.created', data: { userId, version } }),
  'user.changed': ({ userId, version }) => ({ type: 'user.updated', data: { userId, version } }),
  'user.deleted': ({ userId, version }) => ({ type: 'user.deleted', data: { userId, version } }),
  // `url` is where the picture is shown, for those who keep copies of it; `supersededVersion` names the picture of before if it had been uploaded.
  'avatar.changed': ({ userId, version, key, supersededKey }, publicUrl) => ({
    type: 'avatar.changed',
    data: {
      userId,
      version,
      kind: key === null ? 'generated' : 'uploaded',
      url: `${publicUrl}/v1/users/${userId}/avatar`,
      supersededVersion: supersededKey === null ? null : `u${PIPELINE_VERSION}-${supersededKey}`,
    },
  }),
  // All at once, but perhaps one: disabled, a new password, or signed out everywhere.
  'sessions.ended': ({ userId, version, keptSessionId }) => ({ type: 'session.ended', data: { userId, sessionId: null, reason: 'ended', keptSessionId, version } }),
  'session.ended': ({ userId, sessionId, reason, endedAt }) => ({ type: 'session.ended', data: { userId, sessionId, reason, endedAt } }),
};

/** What a fact of the log is to other services; null when it is none of their business. */
export const webhookFactOf = ({ name, payload }: Pick<RecordedFact, 'name' | 'payload'>, publicUrl: string): WebhookFact | null => {
  const make = FACTS[name as Told] as ((payload: unknown, publicUrl: string) => WebhookFact) | undefined;
  return make?.(payload, publicUrl) ?? null;
};
