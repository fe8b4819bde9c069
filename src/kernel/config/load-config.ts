import { join, resolve } from 'node:path';
import type { AppConfig, DatabaseConfig, LoginPolicy, RedisConfig, StorageConfig } from './app-config.js';
import { ConfigError } from './config-error.js';
import { keptMasterKey } from './master-key-file.js';
import { SettingFault } from './setting.js';
import { readSettings, type Environment } from './settings-reader.js';
import type { SettingName, SettingValues } from './settings.js';

const REDIS_SETTINGS = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER_NODES'] as const satisfies readonly SettingName[];
const S3_REQUIRED = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const satisfies readonly SettingName[];
const WILDCARD_HOSTS = ['0.0.0.0', '::', '[::]'];

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];
const LOOPBACK_ADDRESS = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

const isSet = (environment: Environment, name: SettingName): boolean => Boolean(environment[name]?.trim() || environment[`${name}_FILE`]?.trim());

const isRedisOverTls = ({ REDIS_URL: url, REDIS_TLS: tls }: SettingValues): boolean => (url === null ? tls : new URL(url).protocol === 'rediss:');

const isOfThisMachine = ({ hostname }: URL): boolean => LOOPBACK_ADDRESS.test(hostname) || hostname.endsWith('.localhost');

/** What a service that others reach must be told. */
function productionFaults(environment: Environment, { PUBLIC_URL: publicUrl }: SettingValues): string[] {
  const needed = [...(['DATABASE_URL', 'MASTER_KEY', 'PUBLIC_URL'] as const).filter((name) => !isSet(environment, name)).map((name) => `${name} is`)];
  if (!REDIS_SETTINGS.some((name) => isSet(environment, name))) needed.push(`One of ${REDIS_SETTINGS.join(', ')} is`);
  const faults = needed.map((words) => `${words} required when NODE_ENV is production`);
  const url = publicUrl === null ? null : new URL(publicUrl);
  if (url?.protocol === 'http:' && !isOfThisMachine(url)) faults.push('PUBLIC_URL must begin with https:// when NODE_ENV is production, unless it names this machine');
  return faults;
}

/** What no single setting can know: which are required, and which exclude each other. */
function crossFaults(environment: Environment, values: SettingValues): string[] {
  const faults = values.NODE_ENV === 'production' ? productionFaults(environment, values) : [];
  const check = (isFault: boolean, fault: string): void => void (isFault && faults.push(fault));
  const redis = REDIS_SETTINGS.filter((name) => isSet(environment, name));
  check(redis.length > 1, `Only one of ${redis.join(', ')} may be set`);
  check(isSet(environment, 'REDIS_SENTINELS') && !values.REDIS_SENTINEL_NAME, 'REDIS_SENTINEL_NAME is required with REDIS_SENTINELS');
  // Who names an authority means to be encrypted.
  check(values.REDIS_TLS_CA !== null && !isRedisOverTls(values), 'REDIS_TLS_CA needs REDIS_URL with rediss:// or REDIS_TLS on');
  if (values.STORAGE === 's3') S3_REQUIRED.forEach((name) => check(!isSet(environment, name), `${name} is required when STORAGE is s3`));
  check(values.GRAVATAR === true && values.AVATAR_ACCESS === 'private', 'GRAVATAR must be off when AVATAR_ACCESS is private');
  check(values.SESSION_IDLE_TTL_SECONDS > values.SESSION_MAX_TTL_SECONDS, 'SESSION_IDLE_TTL_SECONDS must not be greater than SESSION_MAX_TTL_SECONDS');
  const isWithoutKey = values.SIGNING_KEY !== null && !values.SIGNING_KEY.some((key) => key.algorithm === values.TOKEN_ALGORITHM);
  check(isWithoutKey, 'SIGNING_KEY has no key for TOKEN_ALGORITHM');
  return faults;
}

function masterKey(values: SettingValues, dataDir: string): Buffer {
  if (values.MASTER_KEY) return values.MASTER_KEY;
  try {
    return keptMasterKey(join(dataDir, 'master.key'));
  } catch (error) {
    if (error instanceof SettingFault) throw new ConfigError([`MASTER_KEY ${error.message}`]);
    throw error;
  }
}

/** By the name that development servers print: a page on `localhost` and a service on `127.0.0.1` are two sites, and no cookie goes between them. */
function defaultPublicUrl({ HOST: host, PORT: port }: SettingValues): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `http://${[...WILDCARD_HOSTS, ...LOOPBACK_NAMES].includes(name) ? 'localhost' : name}:${port}`;
}

/** Who has named no address is at this machine, and may type any of its names. */
function ownOrigins({ PUBLIC_URL: given, PORT: port }: SettingValues, publicUrl: string): readonly string[] {
  const { origin, hostname } = new URL(publicUrl);
  if (given !== null || !LOOPBACK_NAMES.includes(hostname)) return [origin];
  return LOOPBACK_NAMES.map((name) => new URL(`http://${name}:${port}`).origin);
}

/** Who has named no address means this machine, and no name that somebody's DNS server lets lead here (DNS rebinding). */
const isLoopbackOnly = ({ PUBLIC_URL: given }: SettingValues, host: string): boolean => given === null && LOOPBACK_ADDRESS.test(host);

function redisConfig(values: SettingValues): RedisConfig | null {
  const authority = values.REDIS_TLS_CA === null ? {} : { tlsCa: values.REDIS_TLS_CA };
  if (values.REDIS_URL) return { kind: 'standalone', url: values.REDIS_URL, ...authority };
  const options = { username: values.REDIS_USERNAME ?? undefined, password: values.REDIS_PASSWORD ?? undefined, tls: values.REDIS_TLS, ...authority };
  if (values.REDIS_SENTINELS) return { kind: 'sentinel', sentinels: values.REDIS_SENTINELS, name: values.REDIS_SENTINEL_NAME!, options };
  return values.REDIS_CLUSTER_NODES ? { kind: 'cluster', nodes: values.REDIS_CLUSTER_NODES, options } : null;
}

function storageConfig(values: SettingValues): StorageConfig {
  if (values.STORAGE === 'local') return { kind: 'local' };
  return {
    kind: 's3',
    endpoint: values.S3_ENDPOINT!,
    region: values.S3_REGION,
    bucket: values.S3_BUCKET!,
    prefix: values.S3_PREFIX ? `${values.S3_PREFIX.replace(/^\/+|\/+$/g, '')}/` : '',
    accessKeyId: values.S3_ACCESS_KEY_ID!,
    secretAccessKey: values.S3_SECRET_ACCESS_KEY!,
    forcePathStyle: values.S3_FORCE_PATH_STYLE,
    timeoutMs: values.S3_TIMEOUT_MS,
  };
}

function loginPolicies(values: SettingValues): Pick<AppConfig, 'loginPolicy' | 'loginPolicyByRole'> {
  const loginPolicy: LoginPolicy = { name: values.LOGIN_POLICY, max: values.LOGIN_POLICY_MAX, onLimit: values.LOGIN_POLICY_ON_LIMIT };
  const entries = (values.LOGIN_POLICY_ROLES ?? []).map(({ role, ...rule }) => [role, { ...loginPolicy, ...rule }] as const);
  return { loginPolicy, loginPolicyByRole: new Map(entries) };
}

const metricsConfig = (values: SettingValues): AppConfig['metrics'] => {
  const host = values.METRICS_HOST ?? values.HOST;
  return { host, port: values.METRICS_PORT === 0 ? null : values.METRICS_PORT, isLoopbackOnly: isLoopbackOnly(values, host) };
};

function serving(values: SettingValues): Pick<AppConfig, 'http' | 'shutdown' | 'tokens' | 'metrics'> {
  const publicUrl = values.PUBLIC_URL ?? defaultPublicUrl(values);
  const issuer = values.TOKEN_ISSUER ?? publicUrl;
  return {
    http: {
      host: values.HOST,
      port: values.PORT,
      publicUrl,
      allowedOrigins: values.ALLOWED_ORIGINS ?? [],
      ownOrigins: ownOrigins(values, publicUrl),
      isLoopbackOnly: isLoopbackOnly(values, values.HOST),
      trustedProxies: values.TRUSTED_PROXIES ?? [],
      rateLimits: values.RATE_LIMITS,
      waits: {
        idleMs: values.REQUEST_IDLE_TIMEOUT_MS,
        requestMs: values.REQUEST_TIMEOUT_MS,
        uploadMs: values.UPLOAD_TIMEOUT_MS,
        keepAliveMs: values.KEEP_ALIVE_TIMEOUT_MS,
        maxConnections: values.MAX_CONNECTIONS,
        maxConnectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
      },
    },
    shutdown: { drainMs: values.SHUTDOWN_DRAIN_SECONDS * 1_000, limitMs: values.SHUTDOWN_LIMIT_SECONDS * 1_000 },
    tokens: {
      issuer,
      audience: values.TOKEN_AUDIENCE ?? issuer,
      algorithm: values.TOKEN_ALGORITHM,
      accessTtlSeconds: values.ACCESS_TOKEN_TTL_SECONDS,
      sessionIdleTtlSeconds: values.SESSION_IDLE_TTL_SECONDS,
      sessionMaxTtlSeconds: values.SESSION_MAX_TTL_SECONDS,
      refreshGraceSeconds: values.REFRESH_GRACE_SECONDS,
      revocationReplicas: values.REVOCATION_REPLICAS,
      givenKeys: values.SIGNING_KEY ?? [],
      keyRotationDays: values.SIGNING_KEY_ROTATION_DAYS || null,
      keyLeadSeconds: values.SIGNING_KEY_LEAD_SECONDS,
      legacySecret: values.LEGACY_TOKENS_SECRET,
    },
    metrics: metricsConfig(values),
  };
}

const databaseConfig = (values: SettingValues): DatabaseConfig => ({
  url: values.DATABASE_URL,
  poolSize: values.DATABASE_POOL_SIZE,
  connectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
  statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS,
  migrateOnStart: values.MIGRATE_ON_START,
  pooler: values.DATABASE_POOLER,
});

function storing(values: SettingValues): Pick<AppConfig, 'isEmbedded' | 'database' | 'redis' | 'storage' | 'avatars' | 'mail'> {
  return {
    isEmbedded: values.DATABASE_URL === null,
    database: databaseConfig(values),
    redis: redisConfig(values),
    storage: storageConfig(values),
    avatars: {
      maxBytes: values.AVATAR_MAX_BYTES,
      maxPixels: values.AVATAR_MAX_PIXELS,
      uploadsPerHour: values.AVATAR_UPLOADS_PER_HOUR,
      animation: values.AVATAR_ANIMATION,
      default: values.AVATAR_DEFAULT,
      access: values.AVATAR_ACCESS,
      urlTtlSeconds: values.AVATAR_URL_TTL_SECONDS,
      decodeConcurrency: values.AVATAR_DECODE_CONCURRENCY,
      decodeQueue: values.AVATAR_DECODE_QUEUE,
      decodeTimeoutMs: values.AVATAR_DECODE_TIMEOUT_SECONDS * 1_000,
      decodeMemoryBytes: values.AVATAR_DECODE_MEMORY_BYTES,
      supersededTtlSeconds: values.AVATAR_SUPERSEDED_TTL_SECONDS,
      sweepIntervalSeconds: values.AVATAR_SWEEP_INTERVAL_SECONDS,
      gravatar: values.GRAVATAR,
      gravatarImport: values.GRAVATAR_IMPORT,
      gravatarImportUrl: values.GRAVATAR_IMPORT_URL,
      importAllowedNetworks: values.AVATAR_IMPORT_ALLOWED_NETWORKS ?? [],
      gravatarDefaultOrigins: values.GRAVATAR_DEFAULT_ORIGINS ?? [],
    },
    mail: {
      smtpUrl: values.SMTP_URL,
      from: values.MAIL_FROM,
      passwordResetTtlSeconds: values.PASSWORD_RESET_TTL_SECONDS,
      emailVerificationTtlSeconds: values.EMAIL_VERIFICATION_TTL_SECONDS,
    },
  };
}

const watching = (values: SettingValues): Pick<AppConfig, 'logLevel' | 'logsRequests' | 'tracing'> => ({
  logLevel: values.LOG_LEVEL,
  logsRequests: values.LOG_REQUESTS,
  tracing:
    values.OTEL_EXPORTER_OTLP_ENDPOINT === null
      ? null
      : {
          endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
          headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
          serviceName: values.OTEL_SERVICE_NAME,
          share: values.OTEL_TRACES_SAMPLER_ARG,
        },
});

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
};

/**
 * Reads the environment once. Where no master key is required or given, it is made and kept in the data folder.
 * Throws `ConfigError` with every fault at once; values never appear in it.
 */
export function loadConfig(environment: Environment, options: { readonly cwd?: string } = {}): AppConfig {
  const faults: string[] = [];
  const values = readSettings(environment, faults);
  faults.push(...crossFaults(environment, values));
  if (faults.length > 0) throw new ConfigError(faults);
  const dataDir = resolve(options.cwd ?? process.cwd(), values.DATA_DIR);
  return freeze({
    environment: values.NODE_ENV,
    dataDir,
    instanceName: values.INSTANCE_NAME,
    ...serving(values),
    ...storing(values),
    masterKey: masterKey(values, dataDir),
    bootstrapToken: values.BOOTSTRAP_TOKEN,
    audit: { retentionDays: values.AUDIT_RETENTION_DAYS, addresses: values.AUDIT_ADDRESSES },
    webhooks: { allowedNetworks: values.WEBHOOK_ALLOWED_NETWORKS ?? [] },
    ...loginPolicies(values),
    rateLimits: values.RATE_LIMITS,
    registration: values.REGISTRATION,
    accountPage: values.ACCOUNT_PAGE,
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    ...watching(values),
  });
}

/** The same configuration with the database that the embedded launcher started. */
export const withDatabaseUrl = (config: AppConfig, url: string): AppConfig => freeze({ ...config, database: { ...config.database, url } });
