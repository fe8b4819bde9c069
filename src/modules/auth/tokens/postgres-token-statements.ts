import type { PreparedRead } from '../../../kernel/database/index.js';

/**
 * The SQL of the PostgreSQL token repository. `$1` is the user; `now` is `clock_timestamp()` as read under the user's lock,
 * in seconds with fractions. Every statement that writes runs in a transaction that holds that lock (`LOCK_USER` or
 * `LOCK_USER_FOR_LOGIN`), and after it, so that its snapshot shows all that went before.
 */

/** Dead sessions, and dead tokens, that are remembered per user (guarantees §1). */
export const MAX_DEAD_PER_USER = 100;

/** How many rotations of a session are remembered for replay (guarantees §2). */
export const MAX_ROTATIONS = 8;

const seconds = (expression: string): string => `extract(epoch FROM ${expression})::float8`;

const NOW = `${seconds('clock_timestamp()')} AS now`;

const SESSION_COLUMNS = `
  id, user_id AS "userId", platform, device_name AS "deviceName", ip_address AS "ipAddress", user_agent AS "userAgent",
  user_epoch AS "userEpoch", ${seconds('created_at')} AS "createdAt", ${seconds('last_seen_at')} AS "lastSeenAt",
  ${seconds('expires_at')} AS "expiresAt", ${seconds('idle_expires_at')} AS "idleExpiresAt"`;

const SECRET_COLUMNS = `
  refresh_salt AS "refreshSalt", ended_reason AS "endedReason",
  epoch IS DISTINCT FROM (SELECT epoch FROM token_users WHERE user_id = $1) AS "isBehindEpoch",
  ${seconds('expires_at')} AS "expiresAt", ${seconds('idle_expires_at')} AS "idleExpiresAt"`;

/** Of the user's present epoch and not ended; `now` decides the rest. */
const STANDS = 'ended_reason IS NULL AND epoch = (SELECT epoch FROM token_users WHERE user_id = $1)';

/** Rows whose own end has passed. Touches none that another part of the same statement could touch. $2 now. */
const PRUNED = `
  pruned_tokens AS (DELETE FROM access_tokens WHERE user_id = $1 AND expires_at <= to_timestamp($2)),
  pruned_sessions AS (DELETE FROM token_sessions WHERE user_id = $1 AND kept_until <= to_timestamp($2))`;

/** → epoch, now; no row when the user has no record. The clock is read after the lock was given: the CTE is not inlined. */
export const LOCK_USER = `
  WITH locked AS MATERIALIZED (SELECT epoch FROM token_users WHERE user_id = $1 FOR UPDATE)
  SELECT epoch, ${NOW} FROM locked`;

/** → epoch, seq, now. Makes the user's row at the first login; gives out the next sequence number. */
export const LOCK_USER_FOR_LOGIN = `
  INSERT INTO token_users (user_id, last_seq) VALUES ($1, 1)
  ON CONFLICT (user_id) DO UPDATE SET last_seq = token_users.last_seq + 1
  RETURNING epoch, last_seq AS seq, ${NOW}`;

/** → epoch (the new one), now. Ends all sessions by it. */
export const RAISE_EPOCH = `
  WITH raised AS (
    UPDATE token_users SET epoch = epoch + 1, epoch_raised_at = clock_timestamp() WHERE user_id = $1 RETURNING epoch
  ) SELECT epoch, ${NOW} FROM raised`;

/** $2 session, $3 its new user epoch, $4 now: stamps the session that is kept, if it stood before the epoch was raised. */
export const KEEP_SESSION = `
  UPDATE token_sessions SET epoch = epoch + 1, user_epoch = $3
  WHERE id = $2 AND user_id = $1 AND ended_reason IS NULL AND kept_until > to_timestamp($4)
    AND epoch + 1 = (SELECT epoch FROM token_users WHERE user_id = $1)`;

/** → id, platform of what the login policy looks at, oldest first. $2 now. */
export const LIVE_FOR_POLICY = `
  SELECT id, platform FROM token_sessions
  WHERE user_id = $1 AND refresh_salt IS NOT NULL AND kept_until > to_timestamp($2) AND ${STANDS} ORDER BY seq`;

/** → the session. $2 now, $3 victims; then the columns of the new rows, as `startParameters` lists them. */
export const START_SESSION = `
  WITH evicted AS (
    UPDATE token_sessions SET ended_reason = 'evicted', ended_at = to_timestamp($2) WHERE id = ANY($3::uuid[])
  ), ${PRUNED}, token AS (
    INSERT INTO access_tokens (id, session_id, user_id, issued_at, expires_at)
    VALUES ($5, $4, $1, to_timestamp($14), to_timestamp($15))
  ), started AS (
    INSERT INTO token_sessions (id, user_id, platform, device_name, ip_address, user_agent, seq, epoch, user_epoch, refresh_salt,
      access_token_id, access_expires_at, created_at, last_seen_at, idle_expires_at, expires_at, kept_until)
    VALUES ($4, $1, $6, $7, $8, $9, $10, $11, $12, $13,
      $5, to_timestamp($15), to_timestamp($14), to_timestamp($14), to_timestamp($16), to_timestamp($17),
      greatest(to_timestamp($15), to_timestamp($16)))
    RETURNING ${SESSION_COLUMNS}
  ) SELECT * FROM started`;

/**
 * → state, and for a live token its times, platform and user epoch; always one row. $2 session, $3 token, $4 the `exp` it was
 * signed with, which tells `expired` from `unknown` when the record has gone. Three rows by primary key, whatever else the user has.
 */
export const VERIFY: PreparedRead = {
  name: 'tokens.verify',
  text: `
  SELECT CASE
      WHEN coalesce(token.expires_at, to_timestamp($4)) <= clock_timestamp() THEN 'expired'
      WHEN token.id IS NULL THEN 'unknown'
      ELSE coalesce(token.ended_reason, session.ended_reason, CASE WHEN session.epoch <> owner.epoch THEN 'ended' ELSE 'live' END)
    END AS state,
    ${seconds('token.issued_at')} AS "issuedAt", ${seconds('token.expires_at')} AS "expiresAt",
    session.platform, session.user_epoch AS "userEpoch"
  FROM (VALUES (1)) AS question (asked)
  LEFT JOIN (
    access_tokens token
    JOIN token_sessions session ON session.id = token.session_id
    JOIN token_users owner ON owner.user_id = session.user_id
  ) ON token.id = $3 AND session.id = $2 AND owner.user_id = $1`,
};

/** → what `endOfSession` needs, the salt and the user epoch. $2 session. */
export const SESSION_SECRET: PreparedRead = {
  name: 'tokens.session-secret',
  text: `
  SELECT ${SECRET_COLUMNS}, user_epoch AS "userEpoch", generation, ${seconds('last_seen_at')} AS "lastSeenAt", ${NOW}
  FROM token_sessions WHERE id = $2 AND user_id = $1`,
};

/** → whether a moment ($1, seconds) has passed. */
export const HAS_PASSED: PreparedRead = {
  name: 'tokens.has-passed',
  text: 'SELECT clock_timestamp() >= to_timestamp($1) AS "hasPassed"',
};

/** → all that the refresh table asks, and the current pair. $2 session. */
export const SESSION_FOR_REFRESH = `
  SELECT ${SECRET_COLUMNS}, ${SESSION_COLUMNS}, generation, access_token_id AS "accessTokenId",
    ${seconds('access_expires_at')} AS "accessExpiresAt",
    ARRAY(SELECT ${seconds('moment')} FROM unnest(rotated_at) WITH ORDINALITY AS rotation (moment, age) ORDER BY age) AS "rotatedAt"
  FROM token_sessions WHERE id = $2 AND user_id = $1`;

/** → the session after it. $2 now, $3 session, $4 new token, $5 its `iat`, $6 its `exp`, $7 idle end, $8 address, $9 user agent. */
export const ROTATE = `
  WITH ${PRUNED}, token AS (
    INSERT INTO access_tokens (id, session_id, user_id, issued_at, expires_at)
    VALUES ($4, $3, $1, to_timestamp($5), to_timestamp($6))
  ), rotated AS (
    UPDATE token_sessions SET generation = generation + 1,
      rotated_at = (to_timestamp($2) || rotated_at)[1:${MAX_ROTATIONS}],
      access_token_id = $4, access_expires_at = to_timestamp($6), last_seen_at = to_timestamp($5), idle_expires_at = to_timestamp($7),
      kept_until = greatest(kept_until, to_timestamp($6), to_timestamp($7)), ip_address = $8, user_agent = $9
    WHERE id = $3
    RETURNING ${SESSION_COLUMNS}, generation
  ) SELECT * FROM rotated`;

/** → a row when a record of either is there, whoever's it is. $1 session, $2 token. */
export const HAS_RECORD = `
  SELECT 1 AS found WHERE EXISTS (SELECT FROM token_sessions WHERE id = $1) OR EXISTS (SELECT FROM access_tokens WHERE id = $2)`;

/** → the session if it was live. $2 now, $3 session, $4 reason. */
export const END_SESSION = `
  WITH ended AS (
    UPDATE token_sessions SET ended_reason = $4, ended_at = to_timestamp($2)
    WHERE id = $3 AND user_id = $1 AND kept_until > to_timestamp($2) AND ${STANDS} RETURNING id, platform
  ) SELECT id, platform FROM ended`;

/** → the sessions. $2 now, $3 platform. */
export const END_PLATFORM = `
  WITH ended AS (
    UPDATE token_sessions SET ended_reason = 'ended', ended_at = to_timestamp($2)
    WHERE user_id = $1 AND platform = $3 AND kept_until > to_timestamp($2) AND ${STANDS} RETURNING id, platform
  ) SELECT id, platform FROM ended`;

/** → id of the token if it was live. $2 now, $3 session, $4 token, $5 reason. Its expiry stays as it is. */
export const REVOKE_TOKEN = `
  WITH revoked AS (
    UPDATE access_tokens SET ended_reason = $5, ended_at = to_timestamp($2)
    WHERE id = $4 AND session_id = $3 AND user_id = $1 AND ended_reason IS NULL AND expires_at > to_timestamp($2)
      AND EXISTS (SELECT FROM token_sessions WHERE id = $3 AND user_id = $1 AND ${STANDS})
    RETURNING id
  ) SELECT id FROM revoked`;

/** Forgets where from and on what the user's sessions were, dead ones too. */
export const ERASE_CLIENTS = `
  UPDATE token_sessions SET device_name = NULL, ip_address = NULL, user_agent = NULL WHERE user_id = $1`;

/** → live sessions, newest first. */
export const LIST_SESSIONS: PreparedRead = {
  name: 'tokens.list',
  text: `
  SELECT ${SESSION_COLUMNS} FROM token_sessions
  WHERE user_id = $1 AND kept_until > clock_timestamp() AND ${STANDS} ORDER BY seq DESC`,
};

/**
 * After something has died: drops what has expired ($2 now), and of the dead all but those that died last, so that whoever
 * was just evicted can be told. What is dropped is unknown from then on, never live.
 */
export const BURY = `
  WITH ${PRUNED}, dead AS (
    SELECT session.id, coalesce(session.ended_at, owner.epoch_raised_at) AS died_at,
      row_number() OVER (ORDER BY coalesce(session.ended_at, owner.epoch_raised_at) DESC, session.seq DESC) AS place
    FROM token_sessions session JOIN token_users owner USING (user_id)
    WHERE user_id = $1 AND kept_until > to_timestamp($2) AND (session.ended_reason IS NOT NULL OR session.epoch <> owner.epoch)
  ), dead_tokens AS (
    SELECT token.id, coalesce(dead.place, 0) > ${MAX_DEAD_PER_USER} AS goes_with_session,
      row_number() OVER (ORDER BY coalesce(token.ended_at, dead.died_at) DESC, token.expires_at DESC) AS place
    FROM access_tokens token LEFT JOIN dead ON dead.id = token.session_id
    WHERE token.user_id = $1 AND token.expires_at > to_timestamp($2) AND (token.ended_reason IS NOT NULL OR dead.id IS NOT NULL)
  ), buried_tokens AS (
    DELETE FROM access_tokens WHERE id IN (SELECT id FROM dead_tokens WHERE goes_with_session OR place > ${MAX_DEAD_PER_USER})
  )
  DELETE FROM token_sessions WHERE id IN (SELECT id FROM dead WHERE place > ${MAX_DEAD_PER_USER})`;
