import type { SigningKeyFacts } from './signing-key.js';

export interface SigningKeyRow extends SigningKeyFacts {
  readonly publicJwk: object;
  readonly sealedPrivateKey: Buffer;
  /** Whether that is more than an empty seal. */
  readonly isKeptHere: boolean;
  /** The database's time, the same in every row. */
  readonly now: Date;
}

/**
 * → every key with its state at this moment of the database's clock, youngest first. $1 the algorithm that signs. Nothing has to
 * be written for a key to change its state, so nothing can fail to; of another algorithm only what still verifies counts.
 */
export const KEYS = `
  WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), active AS (
    SELECT max(active_from) AS since FROM signing_keys, clock
    WHERE algorithm = $1 AND active_from <= now AND (withdrawn_at IS NULL OR withdrawn_at > now)
  )
  SELECT kid, algorithm, public_jwk AS "publicJwk", sealed_private_key AS "sealedPrivateKey", created_at AS "createdAt",
    active_from AS "activeFrom", tokens_until AS "tokensUntil", withdrawn_at AS "withdrawnAt", now,
    octet_length(sealed_private_key) > 28 AS "isKeptHere",
    CASE WHEN withdrawn_at <= now THEN 'withdrawn'
      WHEN active_from > now THEN 'pending'
      WHEN algorithm = $1 AND active_from = since THEN 'active'
      WHEN tokens_until > now THEN 'retired'
      ELSE 'gone' END AS state
  FROM signing_keys, clock, active ORDER BY active_from DESC, kid`;

/** $1 kid, $2 algorithm, $3 public JWK, $4 sealed private key, $5 from when it signs: seconds from now. → the key, if it is new. */
export const ADD_KEY = `
  INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, active_from)
  VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5)) ON CONFLICT (kid) DO NOTHING`;

/** $1 kid, $2 the expiry of a token that is about to be signed, epoch seconds. → until when tokens of it may live; no row for a withdrawn key. */
export const RESERVE = `
  WITH reserved AS (
    UPDATE signing_keys SET tokens_until = greatest(tokens_until, to_timestamp($2))
    WHERE kid = $1 AND withdrawn_at IS NULL RETURNING tokens_until
  ) SELECT tokens_until AS "tokensUntil" FROM reserved`;

/** $1 kid, $2 nothing, sealed. */
export const WITHDRAW = `UPDATE signing_keys SET withdrawn_at = clock_timestamp(), sealed_private_key = $2 WHERE kid = $1`;

/** $1 kid, $2 nothing, sealed. */
export const ERASE_PRIVATE_HALF = `UPDATE signing_keys SET sealed_private_key = $2 WHERE kid = $1`;

/** $1 kid. */
export const ACTIVATE_NOW = `UPDATE signing_keys SET active_from = clock_timestamp() WHERE kid = $1`;
