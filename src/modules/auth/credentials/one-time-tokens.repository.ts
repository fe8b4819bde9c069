import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PreparedReads, Transactions, type PreparedRead } from '../../../kernel/database/index.js';
import { digestOfOneTimeToken, newOneTimeToken, type TokenPurpose } from './one-time-token.codec.js';

export interface OneTimeTokenOwner {
  readonly userId: string;
  /** The address that the token was mailed to. */
  readonly email: string;
}

/** What is kept of a token that waits in a mailbox. */
export interface MailedToken {
  readonly purpose: TokenPurpose;
  readonly email: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** More than come new, so that expired ones never pile up. */
const PRUNED_PER_ISSUE = 10;

interface OwnerRow {
  readonly user_id: string;
  readonly email: string;
}

const ISSUE = `
  INSERT INTO one_time_tokens AS token (user_id, purpose, digest, email, expires_at)
  VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
  ON CONFLICT (user_id, purpose) DO UPDATE
  SET digest = EXCLUDED.digest, email = EXCLUDED.email, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at, used_at = NULL`;

const OWNER: PreparedRead = {
  name: 'one-time-token-owner',
  text: 'SELECT user_id, email FROM one_time_tokens WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > clock_timestamp()',
};

const USED: PreparedRead = {
  name: 'one-time-token-used',
  text: 'SELECT user_id, email FROM one_time_tokens WHERE digest = $1 AND purpose = $2 AND used_at IS NOT NULL AND expires_at > clock_timestamp()',
};

const OF_USER: PreparedRead = {
  name: 'one-time-tokens-of-user',
  text: 'SELECT purpose, email, created_at AS "createdAt", expires_at AS "expiresAt" FROM one_time_tokens WHERE user_id = $1 AND used_at IS NULL AND expires_at > clock_timestamp() ORDER BY created_at',
};

/** Of any number who ask at once, one gets the row. */
const CONSUME = `
  WITH consumed AS (
    DELETE FROM one_time_tokens WHERE digest = $1 AND purpose = $2 AND expires_at > clock_timestamp() RETURNING user_id, email
  ) SELECT user_id, email FROM consumed`;

/** The same, and the row stays until it expires. */
const USE = `
  WITH used AS (
    UPDATE one_time_tokens SET used_at = clock_timestamp()
    WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING user_id, email
  ) SELECT user_id, email FROM used`;

const DISCARD = 'DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2';

const PRUNE = `
  WITH batch AS MATERIALIZED (
    SELECT user_id, purpose FROM one_time_tokens WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM one_time_tokens AS token USING batch WHERE token.user_id = batch.user_id AND token.purpose = batch.purpose RETURNING token.user_id
  ) SELECT count(*)::int AS count FROM gone`;

/** Tokens that are mailed and used once. PostgreSQL's clock alone decides whether one has expired. */
@Injectable()
export class OneTimeTokens {
  constructor(
    private readonly transactions: Transactions,
    private readonly reads: PreparedReads,
  ) {}

  /** A new token, of which only a digest is kept. The user's older one of the same purpose is void from now on. */
  async issue(purpose: TokenPurpose, { userId, email }: OneTimeTokenOwner, ttlSeconds: number): Promise<string> {
    const token = newOneTimeToken(purpose);
    await this.transactions.run(async (manager) => {
      await manager.query(PRUNE, [PRUNED_PER_ISSUE]);
      await manager.query(ISSUE, [userId, purpose, digestOfOneTimeToken(purpose, token), email, ttlSeconds]);
    });
    return token;
  }

  /** Whose it is, if it could be used now; it stays usable. */
  async ownerOf(purpose: TokenPurpose, token: string): Promise<OneTimeTokenOwner | null> {
    const digest = digestOfOneTimeToken(purpose, token);
    if (!digest) return null;
    return ownerIn(await this.reads.rows<OwnerRow>(OWNER, [digest, purpose]));
  }

  /** Those that could be used now. */
  ofUser(userId: string): Promise<MailedToken[]> {
    return this.reads.rows<MailedToken>(OF_USER, [userId]);
  }

  /** Uses it up, with the transaction of `manager`; null when it cannot be used. */
  async consume(manager: EntityManager, purpose: TokenPurpose, token: string): Promise<OneTimeTokenOwner | null> {
    const digest = digestOfOneTimeToken(purpose, token);
    return digest && ownerIn(await manager.query<OwnerRow[]>(CONSUME, [digest, purpose]));
  }

  /** Uses it up like `consume`, so that `usedBy` can tell whose it was. */
  async use(manager: EntityManager, purpose: TokenPurpose, token: string): Promise<OneTimeTokenOwner | null> {
    const digest = digestOfOneTimeToken(purpose, token);
    return digest && ownerIn(await manager.query<OwnerRow[]>(USE, [digest, purpose]));
  }

  /** Whose it was, when it was used up by `use` and has not expired since. */
  async usedBy(purpose: TokenPurpose, token: string): Promise<OneTimeTokenOwner | null> {
    const digest = digestOfOneTimeToken(purpose, token);
    return digest && ownerIn(await this.reads.rows<OwnerRow>(USED, [digest, purpose]));
  }

  async discard(manager: EntityManager, purpose: TokenPurpose, userId: string): Promise<void> {
    await manager.query(DISCARD, [userId, purpose]);
  }

  /** Removes up to `limit` expired ones; answers how many. */
  prune(limit: number): Promise<number> {
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<[{ count: number }]>(PRUNE, [limit]);
      return row.count;
    });
  }
}

const ownerIn = ([row]: readonly OwnerRow[]): OneTimeTokenOwner | null => (row ? { userId: row.user_id, email: row.email } : null);
