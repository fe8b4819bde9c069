import { Transactions } from '../../../kernel/database/index.js';
import { AuditFindings, TokenAudit, type AuditFinding, type AuditReport } from './token-audit.js';

const COUNT = 'SELECT (SELECT count(*) FROM access_tokens)::int + (SELECT count(*) FROM token_sessions)::int + (SELECT count(*) FROM token_users)::int AS count';

const MAX_ROWS = 1_001;

/** One snapshot each, so nothing that is written meanwhile is taken for a fault. Rows that have expired wait to be pruned. */
const CHECKS = [
  `SELECT 'no-expiry' AS fault, 'access_tokens ' || id AS record, 'would stay for ever' AS detail FROM access_tokens WHERE NOT isfinite(expires_at)`,
  `SELECT 'no-expiry' AS fault, 'token_sessions ' || id AS record, 'would stay for ever' AS detail FROM token_sessions
   WHERE NOT (isfinite(kept_until) AND isfinite(expires_at) AND isfinite(idle_expires_at))`,
  `SELECT 'token-without-session' AS fault, 'access_tokens ' || token.id AS record, 'session ' || token.session_id AS detail
   FROM access_tokens token LEFT JOIN token_sessions session ON session.id = token.session_id AND session.user_id = token.user_id
   WHERE session.id IS NULL AND token.expires_at > clock_timestamp()`,
  `SELECT 'expiry-disagrees' AS fault, 'access_tokens ' || token.id AS record, 'the token outlives its session' AS detail
   FROM access_tokens token JOIN token_sessions session ON session.id = token.session_id
   WHERE token.expires_at > session.kept_until OR token.expires_at > session.expires_at`,
  `SELECT 'expiry-disagrees' AS fault, 'access_tokens ' || id AS record, 'not a whole second' AS detail
   FROM access_tokens WHERE isfinite(expires_at) AND (expires_at <> date_trunc('second', expires_at) OR issued_at <> date_trunc('second', issued_at))`,
  `SELECT 'expiry-disagrees' AS fault, 'token_sessions ' || id AS record, 'beyond the absolute end' AS detail
   FROM token_sessions WHERE idle_expires_at > expires_at OR access_expires_at > expires_at OR kept_until > expires_at`,
  `SELECT 'expiry-disagrees' AS fault, 'token_sessions ' || id AS record, 'the record goes before its session' AS detail
   FROM token_sessions WHERE kept_until < greatest(idle_expires_at, access_expires_at)`,
  `SELECT 'record-without-index' AS fault, 'token_sessions ' || session.id AS record, 'no epoch of its user' AS detail
   FROM token_sessions session LEFT JOIN token_users owner USING (user_id)
   WHERE (owner.user_id IS NULL OR session.epoch > owner.epoch OR session.seq > owner.last_seq) AND session.kept_until > clock_timestamp()`,
] as const;

/** The same questions, of rows. */
export class PostgresTokenAudit extends TokenAudit {
  constructor(private readonly transactions: Transactions) {
    super();
  }

  override async run(onProgress: (recordsRead: number) => void): Promise<AuditReport> {
    const findings = new AuditFindings();
    const recordsRead = await this.transactions.run(async (manager) => {
      await manager.query('SET LOCAL statement_timeout = 0');
      const [{ count }] = await manager.query<[{ count: number }]>(COUNT);
      for (const [index, check] of CHECKS.entries()) {
        for (const finding of await manager.query<AuditFinding[]>(`${check} LIMIT ${MAX_ROWS}`)) findings.add(finding);
        onProgress(Math.floor((count * (index + 1)) / CHECKS.length));
      }
      return count;
    });
    return { store: 'postgresql', recordsRead, findingCount: findings.count, findings: findings.first };
  }
}
