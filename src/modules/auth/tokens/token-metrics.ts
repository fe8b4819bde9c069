import type { Counter, Histogram } from 'prom-client';
import type { Metrics } from '../../../kernel/metrics/index.js';

const DAY = 86_400;
/** Seconds; a token that is refused as expired has none left. */
const REMAINING_LIFE_BUCKETS = [-DAY, -3_600, -60, -1, 0, 1, 10, 60, 300, 900, 3_600, DAY, 30 * DAY, 365 * DAY];

/** What is counted of tokens. Every label takes one of a few values that are written in the code. */
export class TokenMetrics {
  readonly issued: Counter<'kind'>;
  readonly denied: Counter<'policy'>;
  readonly evicted: Counter<'policy'>;
  readonly verified: Counter<'result'>;
  /** Of `verified`: on the way of every request. */
  readonly verifiedLive: { inc(): void };
  readonly refreshed: Counter<'result'>;
  /** Of `refreshed` and `issued`: on a hot path. */
  readonly refreshedRotated: { inc(): void };
  readonly issuedByRefresh: { inc(): void };
  readonly revoked: Counter<'scope' | 'reason'>;
  readonly reuse: Counter<never>;
  readonly remainingLife: Histogram<'result'>;

  constructor(metrics: Metrics) {
    this.issued = metrics.counter('tokens_issued_total', 'Access tokens issued, by how: login, refresh, admin, adopted from another service.', ['kind']);
    this.denied = metrics.counter('sessions_denied_total', 'Logins that a policy refused.', ['policy']);
    this.evicted = metrics.counter('sessions_evicted_total', 'Sessions that gave way to another login, by the policy that chose them.', ['policy']);
    this.verified = metrics.counter('tokens_verified_total', 'Access tokens looked up, by what the store said; unavailable when it could not be asked.', ['result']);
    this.verifiedLive = metrics.tally(this.verified, { result: 'live' });
    this.refreshed = metrics.counter('tokens_refreshed_total', 'Refresh tokens presented, by result.', ['result']);
    this.refreshedRotated = metrics.tally(this.refreshed, { result: 'rotated' });
    this.issuedByRefresh = metrics.tally(this.issued, { kind: 'refresh' });
    this.revoked = metrics.counter('tokens_revoked_total', 'Ends by command, by scope (token, session, platform, all) and reason.', ['scope', 'reason']);
    this.reuse = metrics.counter('refresh_reuse_detected_total', 'Refresh tokens that came back after their successor was in use: theft, or a client that lost one.', []);
    this.remainingLife = metrics.histogram(
      'token_remaining_life_seconds',
      'How much of its signed life an access token had left when it was found at its end, by result. None that is expired may have any.',
      ['result'],
      REMAINING_LIFE_BUCKETS,
    );
  }
}
