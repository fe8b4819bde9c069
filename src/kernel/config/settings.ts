import { AUDIT_ADDRESSES, DATABASE_POOLERS, GRAVATAR_IMPORTS, LOG_LEVELS, LOGIN_POLICIES } from './app-config.js';
import { MAX_SESSIONS_PER_USER, parseCertificates, parseHeaders, parseHostPort, parseMailbox, parseMasterKey, parseNetwork, parseOrigin, parseRolePolicy, parseSigningKeys } from './setting-formats.js';
import { baseUrl, connectionUrl, define, flag, integer, list, oneOf, secretOf, share, text, type ValueOf } from './setting.js';

const TEN_YEARS_SECONDS = 315_360_000;

/** Every setting, by the name of its variable: the one table behind parsing, `.env.example` and the documentation. */
export const SETTINGS = {
  NODE_ENV: oneOf(['development', 'production', 'test'])({
    default: 'development',
    description: 'In production DATABASE_URL, one of REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES, MASTER_KEY and PUBLIC_URL are required.',
  }),
  HOST: text({ default: '127.0.0.1', description: 'Address to listen on (the first IPv4 address of a name); the container image listens on 0.0.0.0.' }),
  PORT: integer(0, 65_535)({ default: '3000', description: 'Port to listen on.' }),
  PUBLIC_URL: baseUrl({ example: 'https://id.example.org', description: 'Where clients reach the service; every link comes from it. Required in production, and with https there unless it names this machine. Elsewhere made from HOST and PORT unless set; with a HOST of this machine alone (127.0.0.1), only requests for localhost are answered then.' }),
  DATA_DIR: text({ default: './data', description: 'Folder for what is kept on this machine.' }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: 'info', description: `One of ${LOG_LEVELS.join(', ')}.` }),
  ALLOWED_ORIGINS: list(parseOrigin)({ example: 'https://app.example.org', description: 'Origins of pages that may read JSON answers (CORS), separated by commas.' }),
  TRUSTED_PROXIES: list(parseNetwork)({ example: '10.0.0.0/8', description: 'Addresses or CIDR blocks whose X-Forwarded-For is believed, separated by commas.' }),
  SHUTDOWN_DRAIN_SECONDS: integer(0, 600)({ default: '0', description: 'After SIGTERM, how long readiness says no while requests are still served, so that load balancers look elsewhere first; the container image sets 5.' }),
  SHUTDOWN_LIMIT_SECONDS: integer(1, 600)({ default: '15', description: 'How long what is in flight may take after that; then the process ends all the same, with code 1.' }),
  REQUEST_IDLE_TIMEOUT_MS: integer(50, 600_000)({ default: '30000', description: 'How long a client may be silent within a request: until its headers are whole, between two pieces of its body, and while it does not take the answer. A body must also bring 512 bytes a second over each such span. After that 408, or the connection is closed.' }),
  REQUEST_TIMEOUT_MS: integer(50, 3_600_000)({ default: '60000', description: 'How long the whole body of a request may take that is no upload.' }),
  UPLOAD_TIMEOUT_MS: integer(50, 86_400_000)({ default: '900000', description: 'How long the whole of an uploaded picture may take, and the whole of an answer.' }),
  KEEP_ALIVE_TIMEOUT_MS: integer(50, 3_600_000)({ default: '72000', description: 'How long a connection is kept for its next request; longer than the proxy or load balancer in front keeps it (620000 behind Google’s, which keep it for 600 seconds).' }),
  MAX_CONNECTIONS: integer(1, 1_000_000)({ default: '4096', description: 'Connections that are served at once, at most; one more is answered 503 and closed.' }),
  MAX_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000)({ default: '512', description: 'The same for one address, or one IPv6 /64; TRUSTED_PROXIES have no such limit.' }),
  METRICS_HOST: text({ example: '127.0.0.1', description: 'Address of the metrics listener; HOST unless set.' }),
  METRICS_PORT: integer(0, 65_535)({ default: '9464', description: 'Port of /metrics (Prometheus); 0 serves none.' }),

  LOG_REQUESTS: flag({ default: 'off', description: 'Whether each request is logged (at level info): method, route, status, duration, and the ids of request, user, session and trace.' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl({ example: 'http://otel-collector:4318', description: 'Where traces are sent by OTLP over HTTP (protobuf); /v1/traces is put behind it. Unset: no traces, and nothing of OpenTelemetry is loaded.' }),
  OTEL_EXPORTER_OTLP_HEADERS: secretOf(parseHeaders)({ example: 'authorization=Bearer%20token', description: 'With OTEL_EXPORTER_OTLP_ENDPOINT: headers of those requests, name=value with % escapes, separated by commas.' }),
  OTEL_SERVICE_NAME: text({ default: 'likeness', description: 'With OTEL_EXPORTER_OTLP_ENDPOINT: what this service is called in traces.' }),
  OTEL_TRACES_SAMPLER_ARG: share({ default: '1', description: 'With OTEL_EXPORTER_OTLP_ENDPOINT: the share of requests that are traced, from 0 to 1; callers in TRUSTED_PROXIES that send a traceparent decide for theirs.' }),

  INSTANCE_NAME: text({ example: 'likeness-0', description: 'A name that no other instance has and that this one keeps: started again within a week, it hears of every event since it stopped. Unset: it reads everything anew.' }),

  DATABASE_URL: connectionUrl('postgres:', 'postgresql:')({
    secret: true,
    example: 'postgres://likeness:password@db.example.org/likeness',
    description: 'PostgreSQL 15 or later. Unset: an embedded PostgreSQL in DATA_DIR.',
  }),
  DATABASE_POOL_SIZE: integer(2, 1_000)({ default: '10', description: 'Connections to PostgreSQL, at most.' }),
  DATABASE_CONNECT_TIMEOUT_MS: integer(1, 600_000)({ default: '5000', description: 'How long a request waits for a connection.' }),
  DATABASE_STATEMENT_TIMEOUT_MS: integer(1, 600_000)({ default: '10000', description: 'How long one statement may run.' }),
  DATABASE_POOLER: oneOf(DATABASE_POOLERS)({
    default: 'none',
    description: 'What DATABASE_URL leads to. none: PostgreSQL itself, or a pooler in session mode. transaction: PgBouncer or the like in transaction mode. transaction-prepared: PgBouncer 1.21 or later in transaction mode, with max_prepared_statements.',
  }),
  MIGRATE_ON_START: flag({ default: 'on', description: 'Whether pending migrations are applied at start, under an advisory lock.' }),

  REDIS_URL: connectionUrl('redis:', 'rediss:')({
    secret: true,
    example: 'redis://:password@cache.example.org:6379/0',
    description: 'Redis 7.0 or Valkey 7.2 or later, with noeviction. Unset: tokens live in PostgreSQL.',
  }),
  REDIS_SENTINELS: list(parseHostPort(26_379))({ example: 'sentinel-1:26379,sentinel-2:26379', description: 'Instead of REDIS_URL: the sentinels.' }),
  REDIS_SENTINEL_NAME: text({ example: 'mymaster', description: 'The name the sentinels give the master.' }),
  REDIS_CLUSTER_NODES: list(parseHostPort(6_379))({ example: 'redis-1:6379,redis-2:6379', description: 'Instead of REDIS_URL: some nodes of the cluster.' }),
  REDIS_USERNAME: text({ example: 'likeness', description: 'With sentinels or a cluster: the ACL user.' }),
  REDIS_PASSWORD: text({ secret: true, description: 'With sentinels or a cluster: the password.' }),
  REDIS_TLS: flag({ default: 'off', description: 'With sentinels or a cluster: whether connections use TLS.' }),
  REDIS_TLS_CA: secretOf(parseCertificates)({ description: 'With TLS: the certificates (PEM) of the authority that signed those of Redis. Unset: those that Node.js trusts, NODE_EXTRA_CA_CERTS among them.' }),

  MASTER_KEY: secretOf(parseMasterKey)({ description: '32 bytes in base64 (openssl rand -base64 32). Made and kept in DATA_DIR/master.key where it is not required.' }),
  BOOTSTRAP_TOKEN: text({ secret: true, description: 'Whoever registers with it as bootstrapToken, once, is the first admin.' }),

  TOKEN_ISSUER: text({ example: 'https://id.example.org', description: 'The `iss` of access tokens; PUBLIC_URL unless set.' }),
  TOKEN_AUDIENCE: text({ example: 'https://api.example.org', description: 'The `aud` of access tokens; TOKEN_ISSUER unless set.' }),
  TOKEN_ALGORITHM: oneOf(['ES256', 'RS256'])({ default: 'ES256', description: 'How access tokens are signed: ES256 or RS256.' }),
  SIGNING_KEY: secretOf(parseSigningKeys)({ description: 'Private keys of your own (PKCS#8 PEM, one or several); a new one signs once it was published for SIGNING_KEY_LEAD_SECONDS. Unset: made, kept sealed under MASTER_KEY, and rotated.' }),
  SIGNING_KEY_ROTATION_DAYS: integer(0, 3_650)({ default: '90', description: 'After how many days another key signs; 0 only by command (npm run cli -- keys rotate).' }),
  SIGNING_KEY_LEAD_SECONDS: integer(900, 86_400)({ default: '3600', description: 'How long a new key is published before it signs.' }),
  ACCESS_TOKEN_TTL_SECONDS: integer(1, TEN_YEARS_SECONDS)({ default: '900', description: 'Lifetime of an access token.' }),
  SESSION_IDLE_TTL_SECONDS: integer(1, TEN_YEARS_SECONDS)({ default: '1209600', description: 'How long a session lives without a refresh.' }),
  SESSION_MAX_TTL_SECONDS: integer(1, TEN_YEARS_SECONDS)({ default: '7776000', description: 'How long a session lives at most.' }),
  REFRESH_GRACE_SECONDS: integer(0, 300)({ default: '10', description: 'How long a rotated refresh token answers with the same successor.' }),
  REVOCATION_REPLICAS: integer(0, 100)({ default: '0', description: 'How many replicas of a Redis master must hold the end of a single session or token before it is acknowledged (else 503): all of them, so that no failover undoes it.' }),
  LEGACY_TOKENS_SECRET: text({ secret: true, description: 'The secret of an OpenIM server: its tokens are accepted until they expire. Import first (npm run cli -- tokens import-openim): what it has kicked is known here only from there.' }),

  LOGIN_POLICY: oneOf(LOGIN_POLICIES)({ default: 'unlimited', description: `One of ${LOGIN_POLICIES.join(', ')}.` }),
  LOGIN_POLICY_MAX: integer(1, MAX_SESSIONS_PER_USER)({ default: '20', description: 'With `unlimited`: live sessions per platform, at most.' }),
  LOGIN_POLICY_ON_LIMIT: oneOf(['evict', 'deny'])({ default: 'evict', description: 'Whether a login over the limit takes the place of the oldest session or is refused.' }),
  LOGIN_POLICY_ROLES: list(parseRolePolicy)({ example: 'admin=single:deny,kiosk=unlimited:50', description: 'Other policies for roles: role=policy[:max][:evict|deny], separated by commas.' }),
  RATE_LIMITS: flag({ default: 'on', description: 'Whether attempts are limited per address and account.' }),
  REGISTRATION: oneOf(['open', 'closed'])({ default: 'open', description: 'Whether anyone may register.' }),
  ACCOUNT_PAGE: flag({ default: 'on', description: 'Whether the page on which people look after their own account is served, at /account.' }),
  PASSWORD_MIN_LENGTH: integer(8, 128)({ default: '10', description: 'Characters a password has at least.' }),

  AVATAR_MAX_BYTES: integer(1, 1_073_741_824)({ default: '10485760', description: 'Size of an upload, at most.' }),
  AVATAR_MAX_PIXELS: integer(1, 1_000_000_000)({ default: '50000000', description: 'Pixels of an upload, at most.' }),
  AVATAR_UPLOADS_PER_HOUR: integer(1, 1_000_000)({ default: '60', description: 'How often one user’s picture may be uploaded within an hour; more are refused with 429, unless RATE_LIMITS is off.' }),
  AVATAR_DECODE_CONCURRENCY: integer(1, 256)({ default: '2', description: 'Pictures decoded at once.' }),
  AVATAR_DECODE_QUEUE: integer(0, 10_000)({ default: '32', description: 'Pictures that may wait to be decoded; more are refused with 503.' }),
  AVATAR_DECODE_TIMEOUT_SECONDS: integer(1, 600)({ default: '10', description: 'Processor time for decoding one picture, in seconds. The process that decodes it is ended then, and the picture refused; after three times as long by the clock too, with 503.' }),
  AVATAR_DECODE_MEMORY_BYTES: integer(67_108_864, 68_719_476_736)({ default: '536870912', description: 'Memory that the pictures being decoded may need together, by what their headers say. A larger picture is decoded alone, up to twice this, and refused beyond.' }),
  AVATAR_SUPERSEDED_TTL_SECONDS: integer(0, TEN_YEARS_SECONDS)({ default: '2592000', description: 'How long the bytes of a replaced picture stay resolvable.' }),
  AVATAR_SWEEP_INTERVAL_SECONDS: integer(0, TEN_YEARS_SECONDS)({ default: '86400', description: 'How often pictures that nobody is shown with are looked for and removed; 0: only by the command line.' }),
  AVATAR_ANIMATION: flag({ default: 'off', description: 'Whether animations stay animated, as WebP: up to 100 frames, 30 seconds, and 16,777,216 pixels in all frames of the square that is kept (64 of 512 pixels a side); beyond that, in other formats, and when off, the first frame.' }),
  AVATAR_DEFAULT: oneOf(['initials', 'picture'])({ default: 'initials', description: 'What users without a picture are shown with: their initials, or the picture that `npm run cli -- avatars default <file>` has set (initials until then).' }),
  AVATAR_ACCESS: oneOf(['public', 'private'])({ default: 'public', description: 'Private: pictures only for bearers or by signed URL.' }),
  AVATAR_URL_TTL_SECONDS: integer(1, 604_800)({ default: '3600', description: 'With AVATAR_ACCESS=private: how long a signed URL of a picture is good.' }),
  GRAVATAR: flag({ default: 'off', description: 'Whether the Gravatar and Libravatar protocol is served; not with AVATAR_ACCESS=private.' }),
  GRAVATAR_DEFAULT_ORIGINS: list(parseOrigin)({ example: 'https://static.example.org', description: 'With GRAVATAR: origins of pictures that the parameter d may name, separated by commas.' }),

  GRAVATAR_IMPORT: oneOf(GRAVATAR_IMPORTS)({ default: 'off', description: 'Whether new accounts are given, once, the picture that their address has at Gravatar: off, registration (at once), or verified (when the address is proved).' }),
  GRAVATAR_IMPORT_URL: baseUrl({ default: 'https://gravatar.com/avatar', description: 'With GRAVATAR_IMPORT: where such pictures are; a SHA-256 of the address is put behind it.' }),
  AVATAR_IMPORT_ALLOWED_NETWORKS: list(parseNetwork)({ example: '10.7.0.0/16', description: 'Private addresses or CIDR blocks from which pictures may be imported, separated by commas; unset: public addresses only.' }),

  STORAGE: oneOf(['local', 's3'])({ default: 'local', description: 'Where pictures are kept: below DATA_DIR, or in a bucket.' }),
  S3_ENDPOINT: baseUrl({ example: 'https://s3.eu-central-1.amazonaws.com', description: 'With STORAGE=s3: the service, without the bucket.' }),
  S3_REGION: text({ default: 'us-east-1', description: 'With STORAGE=s3: the region that requests are signed for; services that have none take any.' }),
  S3_BUCKET: text({ example: 'likeness', description: 'With STORAGE=s3: the bucket.' }),
  S3_PREFIX: text({ example: 'avatars/', description: 'With STORAGE=s3: put before every object name, so that several can share a bucket; a slash is put behind it.' }),
  S3_ACCESS_KEY_ID: text({ secret: true, description: 'With STORAGE=s3: the access key.' }),
  S3_SECRET_ACCESS_KEY: text({ secret: true, description: 'With STORAGE=s3: its secret.' }),
  S3_FORCE_PATH_STYLE: flag({ default: 'off', description: 'With STORAGE=s3: on, the bucket is the beginning of the path (most services of one’s own); off, of the host name.' }),
  S3_TIMEOUT_MS: integer(50, 60_000)({ default: '4000', description: 'With STORAGE=s3: how long one attempt may take to answer; after two, or two and a half times this, the answer is 503.' }),

  SMTP_URL: connectionUrl('smtp:', 'smtps:')({ secret: true, example: 'smtps://user:password@mail.example.org', description: 'The mail server; docs/tasks/mail.md has the options of TLS. Unset: mail is written to DATA_DIR/mail.' }),
  MAIL_FROM: define(parseMailbox)({ default: 'Likeness <no-reply@localhost>', description: 'The sender of mail.' }),
  PASSWORD_RESET_TTL_SECONDS: integer(60, 86_400)({ default: '3600', description: 'How long a mailed link to a new password can be used.' }),
  EMAIL_VERIFICATION_TTL_SECONDS: integer(60, 2_592_000)({ default: '86400', description: 'How long a mailed link that proves an address can be used.' }),

  AUDIT_RETENTION_DAYS: integer(1, 36_500)({ default: '365', description: 'How long audit events are kept.' }),
  AUDIT_ADDRESSES: oneOf(AUDIT_ADDRESSES)({ default: 'full', description: 'What audit events keep of the address of who did it: full, network (a /24 or a /64) or none.' }),
  WEBHOOK_ALLOWED_NETWORKS: list(parseNetwork)({ example: '10.7.0.0/16', description: 'Private addresses or CIDR blocks that webhooks may reach, separated by commas; unset: public addresses only.' }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { readonly [N in SettingName]: ValueOf<(typeof SETTINGS)[N]> };
