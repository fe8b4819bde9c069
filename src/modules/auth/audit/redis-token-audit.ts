import { Cluster, type Redis } from 'ioredis';
import { StoreScript, type RedisConnection } from '../../../kernel/cache/index.js';
import { AuditFindings, TokenAudit, type AuditFault, type AuditReport } from './token-audit.js';

const AUDIT_RECORD = StoreScript.load(new URL('./scripts/audit-record.lua', import.meta.url));
/** The kinds of records that `scripts/records.lua` of the token repository names, of one user each. */
const RECORD = /^(?:tk|ss|ep|ix|dx):(\{[\w-]{22}\})/;
const KEYS_PER_PAGE = 500;

/** Scans every master; each record is looked at in one step of its own. */
export class RedisTokenAudit extends TokenAudit {
  constructor(private readonly redis: RedisConnection) {
    super();
  }

  override async run(onProgress: (recordsRead: number) => void): Promise<AuditReport> {
    const { client } = this.redis;
    const findings = new AuditFindings();
    let recordsRead = 0;
    for (const node of client instanceof Cluster ? client.nodes('master') : [client]) {
      for await (const keys of pagesOf(node)) {
        await Promise.all(keys.map((key) => this.look(key, findings)));
        onProgress((recordsRead += keys.length));
      }
    }
    return { store: 'redis', recordsRead, findingCount: findings.count, findings: findings.first };
  }

  private async look(key: string, findings: AuditFindings): Promise<void> {
    const tag = RECORD.exec(key)![1]!;
    const faults = (await this.redis.run(AUDIT_RECORD, [key, `mv:${tag}`], [])) as [AuditFault, string][];
    for (const [fault, detail] of faults) findings.add({ fault, record: key, detail });
  }
}

/** SCAN may answer a key twice; a second look finds the same, so a page forgets only its own repetitions. */
async function* pagesOf(node: Redis): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await node.scan(cursor, 'COUNT', KEYS_PER_PAGE);
    cursor = next;
    yield [...new Set(keys)].filter((key) => RECORD.test(key));
  } while (cursor !== '0');
}
