import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PreparedReads, Transactions, type PreparedRead } from '../../../kernel/database/index.js';
import type { PresentedApiKey } from './api-key.codec.js';
import type { ApiKeyRecord, KeptApiKey, NewApiKey, VerifiedApiKey } from './api-key.record.js';

/** Keys that are over and still known as such, per user; and secrets per key, the replaced ones included. */
const MAX_DEAD_PER_USER = 100;
const MAX_SECRETS_PER_KEY = 10;

const IS_LIVE = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())';

const COLUMNS = `
  id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt",
  (SELECT max(works_until) FROM api_key_secrets WHERE key_id = api_keys.id AND works_until > clock_timestamp()) AS "previousSecretWorksUntil"`;

/** No row: there is no such key, or it never had this secret. $1 key, $2 digest. */
const VERIFY: PreparedRead = {
  name: 'api-keys.verify',
  text: `
  SELECT CASE
      WHEN key.expires_at <= clock_timestamp() THEN 'expired'
      WHEN key.revoked_at IS NOT NULL OR secret.works_until <= clock_timestamp() THEN 'revoked'
      ELSE 'live'
    END AS state,
    key.user_id AS "userId", key.scopes, key.granted_by_admin AS "grantedByAdmin",
    coalesce(key.last_used_at <= clock_timestamp() - interval '1 minute', true) AS "isUseDue"
  FROM api_keys key JOIN api_key_secrets secret ON secret.key_id = key.id
  WHERE key.id = $1 AND secret.digest = $2`,
};

/** Newest first. $1 user, $2 the key after which the page begins, $3 how many. */
const PAGE: PreparedRead = {
  name: 'api-keys.page',
  text: `SELECT ${COLUMNS} FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
};

const ONE: PreparedRead = { name: 'api-keys.one', text: `SELECT ${COLUMNS} FROM api_keys WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL` };

const KEPT: PreparedRead = { name: 'api-keys.kept', text: `SELECT ${COLUMNS}, revoked_at AS "revokedAt" FROM api_keys WHERE user_id = $1 ORDER BY id DESC` };

/** The rows of API keys and their secrets. PostgreSQL's clock is the only one. */
@Injectable()
export class ApiKeyRepository {
  constructor(
    private readonly reads: PreparedReads,
    private readonly transactions: Transactions,
  ) {}

  /** Null for a key that is not there, and for a secret that is not one of its. */
  async verify({ keyId, digest }: PresentedApiKey): Promise<VerifiedApiKey | null> {
    return (await this.reads.rows<VerifiedApiKey>(VERIFY, [keyId, digest]))[0] ?? null;
  }

  pageAfter(userId: string, afterId: string | null, limit: number): Promise<ApiKeyRecord[]> {
    return this.reads.rows<ApiKeyRecord>(PAGE, [userId, afterId, limit]);
  }

  allKept(userId: string): Promise<KeptApiKey[]> {
    return this.reads.rows<KeptApiKey>(KEPT, [userId]);
  }

  /** Within a transaction, where `manager` is given: then nobody can have ended the key that it made. */
  async ofOwner(userId: string, keyId: string, manager?: EntityManager): Promise<ApiKeyRecord | null> {
    const rows = manager ? await manager.query<ApiKeyRecord[]>(ONE.text, [userId, keyId]) : await this.reads.rows<ApiKeyRecord>(ONE, [userId, keyId]);
    return rows[0] ?? null;
  }

  async countLive(manager: EntityManager, userId: string): Promise<number> {
    const [{ live }] = await manager.query<[{ live: number }]>(`SELECT count(*)::int AS live FROM api_keys WHERE user_id = $1 AND ${IS_LIVE}`, [userId]);
    return live;
  }

  /** False when it would have expired already. */
  async insert(manager: EntityManager, key: NewApiKey): Promise<boolean> {
    const inserted = await manager.query<unknown[]>(
      `WITH inserted AS (
        INSERT INTO api_keys (id, user_id, name, scopes, granted_by_admin, expires_at)
        SELECT $1::uuid, $2::uuid, $3, $4::text[], $5::boolean, $6::timestamptz WHERE $6::timestamptz IS NULL OR $6::timestamptz > clock_timestamp()
        RETURNING id
      ) SELECT id FROM inserted`,
      [key.id, key.userId, key.name, key.scopes, key.grantedByAdmin, key.expiresAt],
    );
    if (inserted.length > 0) await this.addSecret(manager, key.id, key.digest);
    return inserted.length > 0;
  }

  /** Gives a live key another secret; earlier ones work for `overlapSeconds` more, or as long as they would have. False when it is not live. */
  async replaceSecret(manager: EntityManager, userId: string, keyId: string, digest: Buffer, overlapSeconds: number): Promise<boolean> {
    const live = await manager.query<unknown[]>(`SELECT id FROM api_keys WHERE id = $1 AND user_id = $2 AND ${IS_LIVE} FOR UPDATE`, [keyId, userId]);
    if (live.length === 0) return false;
    await manager.query(
      `UPDATE api_key_secrets SET works_until = least(coalesce(works_until, 'infinity'), clock_timestamp() + make_interval(secs => $2)) WHERE key_id = $1`,
      [keyId, overlapSeconds],
    );
    await this.addSecret(manager, keyId, digest);
    await manager.query(
      'DELETE FROM api_key_secrets WHERE digest IN (SELECT digest FROM api_key_secrets WHERE key_id = $1 ORDER BY created_at DESC OFFSET $2)',
      [keyId, MAX_SECRETS_PER_KEY],
    );
    return true;
  }

  /** False when there is none to revoke. */
  async revoke(manager: EntityManager, userId: string, keyId: string): Promise<boolean> {
    const revoked = await manager.query<unknown[]>(
      `WITH revoked AS (UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING id)
      SELECT id FROM revoked`,
      [keyId, userId],
    );
    if (revoked.length > 0) await this.forgetLongDead(manager, userId);
    return revoked.length > 0;
  }

  async revokeAll(manager: EntityManager, userId: string): Promise<void> {
    await manager.query('UPDATE api_keys SET revoked_at = clock_timestamp() WHERE user_id = $1 AND revoked_at IS NULL', [userId]);
    await this.forgetLongDead(manager, userId);
  }

  /** However many ask at once, one of them writes, and none within a minute of another. */
  async recordUse(keyId: string): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query(
        `UPDATE api_keys SET last_used_at = clock_timestamp()
        WHERE id = $1 AND coalesce(last_used_at <= clock_timestamp() - interval '1 minute', true)`,
        [keyId],
      ),
    );
  }

  /** Of the keys that are over, the newest are kept, so that their holders can be told why. */
  async forgetLongDead(manager: EntityManager, userId: string): Promise<void> {
    await manager.query(
      `DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE user_id = $1 AND NOT (${IS_LIVE}) ORDER BY id DESC OFFSET $2)`,
      [userId, MAX_DEAD_PER_USER],
    );
  }

  private async addSecret(manager: EntityManager, keyId: string, digest: Buffer): Promise<void> {
    await manager.query('INSERT INTO api_key_secrets (digest, key_id) VALUES ($1, $2)', [digest, keyId]);
  }
}
