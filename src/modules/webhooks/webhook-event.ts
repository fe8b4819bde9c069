import { PIPELINE_VERSION } from '../users/index.js';
import type { EventMap } from '../../kernel/events/index.js';

export const WEBHOOK_EVENT_TYPES = ['user.created', 'user.updated', 'user.deleted', 'avatar.changed', 'session.ended'] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What is told: identifiers and versions, never a name or an address. Who wants to know more asks with a token. */
export interface WebhookFact {
  readonly type: WebhookEventType;
  readonly data: Readonly<Record<string, unknown>>;
}

export const factOfCreation = ({ userId, version }: EventMap['user.created']): WebhookFact[] => [{ type: 'user.created', data: { userId, version } }];

export const factOfChange = ({ userId, version }: EventMap['user.changed']): WebhookFact[] => [{ type: 'user.updated', data: { userId, version } }];

export const factOfDeletion = ({ userId, version }: EventMap['user.deleted']): WebhookFact[] => [{ type: 'user.deleted', data: { userId, version } }];

/** All sessions at once: disabled, a new password, or signed out everywhere. */
export const factOfSessions = ({ userId, version, keptSessionId }: EventMap['sessions.ended']): WebhookFact[] => [
  { type: 'session.ended', data: { userId, version, keptSessionId } },
];

/** `url` is where the picture is shown, for those who keep copies of it; `supersededVersion` names the picture of before if it had been uploaded. */
export const factOfPicture = ({ userId, version, key, supersededKey }: EventMap['avatar.changed'], publicUrl: string): WebhookFact[] => [
  {
    type: 'avatar.changed',
    data: {
      userId,
      version,
      kind: key === null ? 'generated' : 'uploaded',
      url: `${publicUrl}/v1/users/${userId}/avatar`,
      supersededVersion: supersededKey === null ? null : `u${PIPELINE_VERSION}-${supersededKey}`,
    },
  },
];
