import { StoreScript, type RedisConnection } from '../../../kernel/cache/index.js';
import { AuditFindings, TokenAudit, type AuditFault, type AuditReport } from './token-audit.js';

const AUDIT_RECORD = StoreScript.load(new URL('./scripts/audit-record.lua', import.meta.url));
/** The kinds of records that `scripts/records.lua` of the token repository names, of one user each. */
const RECORD = /^(?:tk|ss|ep|ix|dx|ut):(\{[\w-]{22}\})/;

/** Scans every master; each record is looked at in one step of its own. */
export class RedisTokenAudit extends TokenAudit {
  constructor(private readonly redis: RedisConnection) {
    super();
  }

  override async run(onProgress: (recordsRead: number) => void): Promise<AuditReport> {
    const findings = new AuditFindings();
    let recordsRead = 0;
    for await (const page of this.redis.keyPages()) {
      // A second look finds the same, so a page forgets only its own repetitions.
      const records = [...new Set(page)].filter((key) => RECORD.test(key));
      await Promise.all(records.map((key) => this.look(key, findings)));
      onProgress((recordsRead += records.length));
    }
    return { store: 'redis', recordsRead, findingCount: findings.count, findings: findings.first };
  }

  private async look(key: string, findings: AuditFindings): Promise<void> {
    const tag = RECORD.exec(key)![1]!;
    const faults = (await this.redis.run(AUDIT_RECORD, [key, `mv:${tag}`], [])) as [AuditFault, string][];
    for (const [fault, detail] of faults) findings.add({ fault, record: key, detail });
  }
}
