import type { AuditLog } from '../../../kernel/audit/index.js';
import type { Platform } from '../platform.js';
import type { EndReason, IssueAdminTokenInput, IssueInput } from './token-repository.js';

/** What the store of tokens did, for the audit log. It is no transaction of ours, so each is written at once after it. */
export class TokenNotes {
  constructor(private readonly audit: AuditLog) {}

  started({ userId, sessionId, client }: IssueInput, evicted: readonly string[]): void {
    this.audit.note({ action: 'session.started', subjectId: userId, actorId: userId, details: { sessionId, platform: client.platform } });
    for (const victim of evicted) this.ended(userId, victim, 'evicted');
  }

  issued({ userId, sessionId, ttlSeconds }: IssueAdminTokenInput): void {
    this.audit.note({ action: 'token.issued', subjectId: userId, details: { sessionId, ttlSeconds } });
  }

  ended(userId: string, sessionId: string, reason: EndReason): void {
    this.audit.note({ action: 'session.ended', subjectId: userId, details: { sessionId, reason } });
  }

  reused(userId: string, sessionId: string): void {
    this.audit.note({ action: 'refresh_token.reused', subjectId: userId, details: { sessionId } });
  }

  platformEnded(userId: string, platform: Platform): void {
    this.audit.note({ action: 'sessions.ended', subjectId: userId, details: { platform } });
  }
}
