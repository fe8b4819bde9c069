/** What an audit can find. None of it is ever right, also while tokens are issued, refreshed and ended. */
export const AUDIT_FAULTS = ['no-expiry', 'expiry-disagrees', 'index-without-record', 'record-without-index', 'token-without-session', 'malformed'] as const;
export type AuditFault = (typeof AUDIT_FAULTS)[number];

export interface AuditFinding {
  readonly fault: AuditFault;
  /** The key, or the table and id, of the record; identifiers only. */
  readonly record: string;
  readonly detail: string;
}

export interface AuditReport {
  readonly store: 'redis' | 'postgresql';
  readonly recordsRead: number;
  readonly findingCount: number;
  /** The first ones. */
  readonly findings: readonly AuditFinding[];
}

/** Looks at every record of sessions and tokens, changes nothing, and may run beside the service. */
export abstract class TokenAudit {
  /** `onProgress` hears of the records that were read so far. Throws `service.unavailable` when the store cannot be asked. */
  abstract run(onProgress: (recordsRead: number) => void): Promise<AuditReport>;
}

const MAX_FINDINGS = 1_000;

/** Collects findings, of which there may be as many as records. */
export class AuditFindings {
  readonly first: AuditFinding[] = [];
  count = 0;

  add(finding: AuditFinding): void {
    this.count += 1;
    if (this.first.length < MAX_FINDINGS) this.first.push(finding);
  }
}
