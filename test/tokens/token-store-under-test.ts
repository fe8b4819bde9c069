import { randomBytes, randomUUID } from 'node:crypto';
import type { LoginPolicy } from '../../src/kernel/config/index.js';
import { PLATFORMS } from '../../src/modules/auth/platform.js';
import type { EndedSession } from '../../src/modules/auth/tokens/ended-sessions.js';
import type {
  IssueAdminTokenInput,
  IssueInput,
  IssueResult,
  RefreshInput,
  RefreshResult,
  SessionClient,
  TokenRepository,
  VerifyResult,
} from '../../src/modules/auth/tokens/index.js';

/** An adapter on a real, empty store. */
export interface TokenStoreUnderTest {
  readonly tokens: TokenRepository;
  /** Milliseconds since the epoch by the store's clock. */
  now(): Promise<number>;
  /** Records that have no expiry of their own; must never be any. */
  countWithoutExpiry(): Promise<number>;
  /** Records of any kind that are left; an adapter that prunes by a job runs it first. */
  countLeft(): Promise<number>;
  /** Ends of single sessions that others are told of, or will be. */
  toldOf(userId: string): Promise<readonly EndedSession[]>;
  close(): Promise<void>;
}

export type MakeTokenStore = () => Promise<TokenStoreUnderTest>;
export type Issued = Extract<IssueResult, { outcome: 'issued' }> & { readonly salt: string };

export const UNLIMITED: LoginPolicy = { name: 'unlimited', max: 200, onLimit: 'evict' };
export const POLICY = (name: LoginPolicy['name'], onLimit: LoginPolicy['onLimit'] = 'evict', max = 20): LoginPolicy => ({ name, max, onLimit });

export const clientOn = (platform: SessionClient['platform'] = 'web'): SessionClient => ({
  platform,
  deviceName: 'Ada’s machine',
  ipAddress: '192.0.2.7',
  userAgent: 'test/1',
});

/** Clients on one platform after the other. */
export const clientAt = (index: number): SessionClient => clientOn(PLATFORMS[index % PLATFORMS.length]);

export const loginInput = (userId: string, overrides: Partial<IssueInput> = {}): IssueInput => ({
  userId,
  sessionId: randomUUID(),
  tokenId: randomUUID(),
  client: clientOn(),
  userEpoch: 1,
  policy: UNLIMITED,
  accessTtlSeconds: 900,
  idleTtlSeconds: 3_600,
  maxTtlSeconds: 7_200,
  salt: randomBytes(16).toString('base64url'),
  ...overrides,
});

/** Logs in where that cannot be denied. */
export const login = async (tokens: TokenRepository, userId: string, overrides: Partial<IssueInput> = {}): Promise<Issued> => {
  const input = loginInput(userId, overrides);
  const issued = await tokens.issue(input);
  if (issued.outcome !== 'issued') throw new Error('denied');
  return { ...issued, salt: input.salt };
};

export const adminInput = (userId: string, ttlSeconds: number, overrides: Partial<IssueAdminTokenInput> = {}): IssueAdminTokenInput => ({
  userId,
  sessionId: randomUUID(),
  tokenId: randomUUID(),
  client: clientOn('other'),
  userEpoch: 1,
  ttlSeconds,
  ...overrides,
});

type Grant = Pick<Issued, 'access' | 'session'>;

export const verify = ({ tokens }: { tokens: TokenRepository }, { access, session }: Grant): Promise<VerifyResult> =>
  tokens.verify({ userId: session.userId, sessionId: session.id, tokenId: access.tokenId, expiresAt: access.expiresAt });

export const stateOf = async (store: { tokens: TokenRepository }, grant: Grant): Promise<string> => (await verify(store, grant)).state;

export const refreshInput = (issued: Issued, overrides: Partial<RefreshInput> = {}): RefreshInput => ({
  userId: issued.session.userId,
  sessionId: issued.session.id,
  generation: issued.generation,
  salt: issued.salt,
  newTokenId: randomUUID(),
  accessTtlSeconds: 900,
  idleTtlSeconds: 3_600,
  graceSeconds: 10,
  client: { ipAddress: '192.0.2.8', userAgent: 'test/2' },
  ...overrides,
});

/** The pair of a refresh that must succeed. */
export const pairOf = (result: RefreshResult): Extract<RefreshResult, { outcome: 'rotated' | 'replayed' }> => {
  if (result.outcome !== 'rotated' && result.outcome !== 'replayed') throw new Error(`not refreshed: ${JSON.stringify(result)}`);
  return result;
};

/** Waits until the store's clock has reached `ms`. */
export const reach = async (store: TokenStoreUnderTest, ms: number): Promise<void> => {
  for (let now = await store.now(); now < ms; now = await store.now()) await new Promise((resolve) => setTimeout(resolve, Math.max(1, ms - now)));
};

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_, i) => make(i)));
