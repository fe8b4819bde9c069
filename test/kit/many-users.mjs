const FIRST = ['Ada', 'Grace', 'Péter', 'Zoë', 'Mei', 'Ludwig', 'Olu', 'Anaïs', 'Tove', 'Iván', 'Nadia', 'Kenji'];
const LAST = ['Lovelace', 'Hopper', 'Erdős', 'Quinn', 'Ling', 'Wittgenstein', 'Adébáyò', 'Nin', 'Jansson', 'Petrov', 'Comăneci', 'Satō'];
const words = (list) => `(ARRAY['${list.join("','")}'])`;

/**
 * $1 the first number, $2 the last: users as registrations of years would make them, with ids in the order of their numbers. Hashes of addresses that
 * nobody asks for are left out.
 */
export const INSERT_MANY_USERS = `
  INSERT INTO users (id, email, email_key, email_md5, email_sha256, email_verified, username, display_name, roles, disabled, gravatar_opt_in,
    generated_key, initials, colour, session_epoch, version, search_text, folded_version, created_at, updated_at)
  SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5('a' || n), 1, 3) || 'a' || substr(md5('b' || n), 1, 15))::uuid,
    mail, mail, '', '', true, name, given || ' ' || family, '{}', n % 500 = 0, false, md5('g' || n % 700), 'AB', '#334455', 0, 1, lower(concat_ws(E'\\n', mail, name, given || ' ' || family)), 1, now(), now()
  FROM (
    SELECT n, 'u' || substr(md5('u' || n), 1, 9) || n AS name, substr(md5('m' || n), 1, 8) || '.' || n || '@' || substr(md5('d' || n % 300), 1, 7) || '.test' AS mail,
      ${words(FIRST)}[1 + n % ${FIRST.length}] AS given, ${words(LAST)}[1 + (n / 7) % ${LAST.length}] || ' ' || initcap(substr(md5('f' || n), 1, 6)) AS family
    FROM generate_series($1::bigint, $2::bigint) AS n
  ) AS made`;
