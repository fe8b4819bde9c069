/** `error` to `trace`, as pino names them; `silent` logs nothing. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Origin and path under which clients reach the service, without a trailing slash. Links come from it, never from a Host header. */
  readonly publicUrl: string;
  readonly allowedOrigins: readonly string[];
  /** Origins of the service's own pages: that of `publicUrl`; where nothing but this machine is meant, under each of its names. */
  readonly ownOrigins: readonly string[];
  /** Only requests for a loopback name are answered: the service listens on a loopback address, and `PUBLIC_URL` names no other. */
  readonly isLoopbackOnly: boolean;
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether attempts are limited: RATE_LIMITS. */
  readonly rateLimits: boolean;
  readonly waits: WaitConfig;
}

/** How long the service waits for its clients, and for how many of them. All times are milliseconds. */
export interface WaitConfig {
  /** For a request's head, and for the next byte of a body or of an answer that is taken. */
  readonly idleMs: number;
  /** For the whole of a body that is no upload. */
  readonly requestMs: number;
  /** For the whole of an upload. */
  readonly uploadMs: number;
  /** For the next request on a connection. */
  readonly keepAliveMs: number;
  readonly maxConnections: number;
  /** Of one address, or one IPv6 /64; those of trusted proxies are not counted. */
  readonly maxConnectionsPerAddress: number;
}

/** How the process ends. */
export interface ShutdownConfig {
  /** Milliseconds between the signal, from which readiness says no, and the end of serving. */
  readonly drainMs: number;
  /** Milliseconds for what is in flight after that. */
  readonly limitMs: number;
}

export interface DatabaseConfig {
  /** Null means: start the embedded PostgreSQL in the data folder; the launcher fills it in. */
  readonly url: string | null;
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly migrateOnStart: boolean;
  readonly pooler: DatabasePooler;
}

/** What stands between the service and PostgreSQL, and hands server connections out for one transaction at a time. */
export const DATABASE_POOLERS = ['none', 'transaction', 'transaction-prepared'] as const;
export type DatabasePooler = (typeof DATABASE_POOLERS)[number];

export type RedisConfig =
  | { readonly kind: 'standalone'; readonly url: string; readonly tlsCa?: string }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly HostPort[]; readonly name: string; readonly options: RedisAuth }
  | { readonly kind: 'cluster'; readonly nodes: readonly HostPort[]; readonly options: RedisAuth };

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface RedisAuth {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
  /** PEM; whom to trust instead of those that Node.js trusts. */
  readonly tlsCa?: string;
}

export interface TokenConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithm: 'ES256' | 'RS256';
  readonly accessTtlSeconds: number;
  readonly sessionIdleTtlSeconds: number;
  readonly sessionMaxTtlSeconds: number;
  readonly refreshGraceSeconds: number;
  /** Replicas of a Redis master that must hold a revocation before it is acknowledged. */
  readonly revocationReplicas: number;
  /** The operator's own; none means: keys are made here. */
  readonly givenKeys: readonly GivenSigningKey[];
  /** Null means: rotated by command only. */
  readonly keyRotationDays: number | null;
  /** How long a key is published before it signs. */
  readonly keyLeadSeconds: number;
  /** HS256 secret of an OpenIM server whose tokens are accepted; null means: none are. */
  readonly legacySecret: string | null;
}

export interface GivenSigningKey {
  readonly algorithm: 'ES256' | 'RS256';
  /** PKCS#8, DER. */
  readonly pkcs8: Buffer;
}

export const LOGIN_POLICIES = ['unlimited', 'one-per-platform', 'one-per-class', 'desktop-and-one-other', 'single'] as const;
export type LoginPolicyName = (typeof LOGIN_POLICIES)[number];

export interface LoginPolicy {
  readonly name: LoginPolicyName;
  /** For `unlimited`: how many live sessions one platform may have. */
  readonly max: number;
  readonly onLimit: 'evict' | 'deny';
}

/** When an account is given the picture that its address has at Gravatar. */
export const GRAVATAR_IMPORTS = ['off', 'registration', 'verified'] as const;

export interface AvatarConfig {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Of one user’s picture; more are refused. */
  readonly uploadsPerHour: number;
  /** Whether animations are kept, within a budget. */
  readonly animation: boolean;
  /** What users without a picture are shown with: their initials, or the picture that the operator has set. */
  readonly default: 'initials' | 'picture';
  readonly access: 'public' | 'private';
  /** How long a signed URL of a picture is good. */
  readonly urlTtlSeconds: number;
  /** How many pictures are decoded at once, and how many more may wait. */
  readonly decodeConcurrency: number;
  readonly decodeQueue: number;
  /** Time for one picture in its decoder, and memory for all that are decoded at once. */
  readonly decodeTimeoutMs: number;
  readonly decodeMemoryBytes: number;
  /** How long the bytes of a superseded picture stay resolvable. */
  readonly supersededTtlSeconds: number;
  /** How often what nobody is shown with is looked for and removed; 0: only by the command line. */
  readonly sweepIntervalSeconds: number;
  /** Whether the Gravatar and Libravatar protocol is served. */
  readonly gravatar: boolean;
  readonly gravatarImport: (typeof GRAVATAR_IMPORTS)[number];
  readonly gravatarImportUrl: string;
  /** Private addresses or CIDR blocks from which pictures may be imported. */
  readonly importAllowedNetworks: readonly string[];
  /** Origins to which that protocol's `d=` may lead. */
  readonly gravatarDefaultOrigins: readonly string[];
}

export type StorageConfig = { readonly kind: 'local' } | ({ readonly kind: 's3' } & S3Config);

export interface S3Config {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every object name; empty or ending in `/`. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether the bucket is part of the path, rather than of the host name. */
  readonly forcePathStyle: boolean;
  /** How long one attempt may take to answer. */
  readonly timeoutMs: number;
}

export interface MailConfig {
  /** Null means: mail is written to files in the data folder. */
  readonly smtpUrl: string | null;
  readonly from: string;
  /** How long the tokens in mails can be used. */
  readonly passwordResetTtlSeconds: number;
  readonly emailVerificationTtlSeconds: number;
}

/** What audit events keep of an address. */
export const AUDIT_ADDRESSES = ['full', 'network', 'none'] as const;
export type AuditAddresses = (typeof AUDIT_ADDRESSES)[number];

export interface AuditConfig {
  readonly retentionDays: number;
  readonly addresses: AuditAddresses;
}

export interface WebhookConfig {
  /** Private addresses or CIDR blocks that webhooks may reach. */
  readonly allowedNetworks: readonly string[];
}

export interface MetricsConfig {
  readonly host: string;
  /** Null means: no metrics are served. */
  readonly port: number | null;
  /** As for `HttpConfig`, by the address of this listener. */
  readonly isLoopbackOnly: boolean;
}

/** Where traces go, and of how many requests. */
export interface TracingConfig {
  /** Of the collector; without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Of requests that no trusted caller has decided on; from 0 to 1. */
  readonly share: number;
}

/** Everything the environment says, parsed once and frozen. Secrets in it never reach a log. */
export interface AppConfig {
  readonly environment: 'production' | 'development' | 'test';
  /** The service runs a PostgreSQL of its own: a try-out or a small installation on one machine. */
  readonly isEmbedded: boolean;
  /** Absolute path of the folder that holds what is kept on this machine. */
  readonly dataDir: string;
  /** What this instance goes by after a restart, too; null: by nothing. */
  readonly instanceName: string | null;
  readonly http: HttpConfig;
  readonly shutdown: ShutdownConfig;
  readonly database: DatabaseConfig;
  /** Null means: tokens live in PostgreSQL, and there is no user DTO cache. */
  readonly redis: RedisConfig | null;
  /** 32 bytes; everything that is derived or encrypted at rest hangs on it. */
  readonly masterKey: Buffer;
  readonly bootstrapToken: string | null;
  readonly tokens: TokenConfig;
  readonly loginPolicy: LoginPolicy;
  /** Overrides `loginPolicy` for users who have the role; of several, the first named in `LOGIN_POLICY_ROLES` counts. */
  readonly loginPolicyByRole: ReadonlyMap<string, LoginPolicy>;
  readonly rateLimits: boolean;
  readonly registration: 'open' | 'closed';
  /** Whether `/account` is served. */
  readonly accountPage: boolean;
  readonly passwordMinLength: number;
  readonly avatars: AvatarConfig;
  readonly storage: StorageConfig;
  readonly mail: MailConfig;
  readonly audit: AuditConfig;
  readonly webhooks: WebhookConfig;
  readonly metrics: MetricsConfig;
  readonly logLevel: LogLevel;
  readonly logsRequests: boolean;
  /** Null means: no traces. */
  readonly tracing: TracingConfig | null;
}

/** Injection token of the frozen configuration: `@Inject(APP_CONFIG) private readonly config: AppConfig`. */
export const APP_CONFIG = Symbol('AppConfig');
