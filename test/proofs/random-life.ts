import { randomInt, randomUUID } from 'node:crypto';
import type { LoginPolicy } from '../../src/kernel/config/index.js';
import { PLATFORMS } from '../../src/modules/auth/platform.js';
import type { TokenRepository } from '../../src/modules/auth/tokens/index.js';
import { adminInput, clientOn, loginInput, POLICY, refreshInput, type Issued } from '../tokens/token-store-under-test.js';
import type { Fate, WatchedToken } from './watched-token.js';

interface LiveSession {
  readonly issued: Issued;
  /** 0: it has nothing to refresh, or no longer. */
  generation: number;
  idleEnd: number;
  readonly tokens: WatchedToken[];
  isEnded: boolean;
}

const POLICIES: readonly LoginPolicy[] = [
  POLICY('unlimited'), POLICY('unlimited', 'evict', 2), POLICY('one-per-platform'), POLICY('one-per-class'), POLICY('desktop-and-one-other'), POLICY('single'),
];
const pick = <T>(all: readonly T[]): T | undefined => all[randomInt(Math.max(1, all.length))];

/**
 * One user to whom things happen at random, one after the other: logins under a policy, admin-issued tokens, refreshes, revocations,
 * ends of sessions, of platforms, of all. Remembers what was acknowledged. Fewer than 100 records may die: the store forgets more.
 */
export class RandomLife {
  private readonly userId = randomUUID();
  private readonly policy = pick(POLICIES)!;
  private readonly sessions: LiveSession[] = [];
  private step: Promise<unknown> = Promise.resolve();
  issuedCount = 0;

  constructor(
    private readonly tokens: TokenRepository,
    private readonly maxTtlSeconds: number,
    private readonly watch: (token: WatchedToken) => void,
  ) {}

  /** Until so many tokens were issued. */
  async live(tokenCount: number, pause: () => Promise<unknown>): Promise<void> {
    while (this.issuedCount < tokenCount) {
      this.step = this.act(randomInt(100));
      await this.step;
      await pause();
    }
  }

  private act(dice: number): Promise<unknown> {
    const session = pick(this.sessions.filter(({ isEnded }) => !isEnded));
    if (dice < 40 || !session) return this.login();
    if (dice < 55) return this.issueByAdmin();
    if (dice < 80) return this.refresh(session);
    if (dice < 89) return this.revoke(session);
    if (dice < 96) return this.endSession(session);
    if (dice < 98) return this.endPlatform(session);
    return this.endAll(dice === 98 ? session : null);
  }

  private ttl(): number {
    return 1 + randomInt(this.maxTtlSeconds);
  }

  private async login(): Promise<void> {
    const lives = { accessTtlSeconds: this.ttl(), idleTtlSeconds: this.ttl(), maxTtlSeconds: this.ttl() };
    const input = loginInput(this.userId, { ...lives, policy: this.policy, client: clientOn(pick(PLATFORMS)) });
    const issued = await this.tokens.issue(input);
    if (issued.outcome !== 'issued') throw new Error('denied');
    for (const id of issued.evicted) this.end(this.sessions.find(({ issued: { session } }) => session.id === id), 'evicted');
    this.begin({ ...issued, salt: input.salt });
  }

  private async issueByAdmin(): Promise<void> {
    const started = await this.tokens.issueAdminToken(adminInput(this.userId, this.ttl()));
    this.begin({ outcome: 'issued', ...started, generation: 0, evicted: [], salt: '' });
  }

  private async refresh(session: LiveSession): Promise<void> {
    if (session.generation === 0) return;
    const { generation, issued } = session;
    const result = await this.tokens.refresh(refreshInput(issued, { generation, accessTtlSeconds: this.ttl(), idleTtlSeconds: this.ttl() }));
    if (result.outcome === 'rotated') {
      session.generation = result.generation;
      session.idleEnd = result.session.idleExpiresAt;
      session.tokens.push(this.watched(result));
      return;
    }
    // Its end is whole seconds by a clock that is at most a request behind ours.
    const isOver = result.outcome === 'refused' && ['expired', 'unknown'].includes(result.state) && Date.now() >= Math.min(session.idleEnd, issued.session.expiresAt) * 1_000 - 5;
    if (!isOver) throw new Error(`a refresh of a live session was answered ${JSON.stringify(result)}`);
    session.generation = 0;
  }

  private async revoke(session: LiveSession): Promise<void> {
    const token = pick(session.tokens.filter(({ fate }) => fate === null));
    if (!token) return;
    const ref = { userId: this.userId, sessionId: token.session.id, tokenId: token.access.tokenId };
    if (await this.tokens.revokeToken(ref, 'revoked')) token.fate = 'revoked';
  }

  private async endSession(session: LiveSession): Promise<void> {
    if (await this.tokens.endSession(this.userId, session.issued.session.id, 'ended')) this.end(session, 'ended');
  }

  private async endPlatform({ issued: { session: { platform } } }: LiveSession): Promise<void> {
    await this.tokens.endPlatform(this.userId, platform);
    for (const session of this.sessions) if (session.issued.session.platform === platform) this.end(session, 'ended');
  }

  private async endAll(kept: LiveSession | null): Promise<void> {
    await this.tokens.endAll(this.userId, kept ? { keep: { sessionId: kept.issued.session.id, userEpoch: 1 } } : {});
    for (const session of this.sessions) if (session !== kept) this.end(session, 'ended');
  }

  private begin(issued: Issued): void {
    const session: LiveSession = { issued, generation: issued.generation, idleEnd: issued.session.idleExpiresAt, tokens: [], isEnded: false };
    session.tokens.push(this.watched(issued));
    this.sessions.push(session);
  }

  /** What it had issued shares its fate, unless that is over, or was met by its own before. */
  private end(session: LiveSession | undefined, fate: Fate): void {
    if (!session || session.isEnded) return;
    session.isEnded = true;
    for (const token of session.tokens) token.fate ??= fate;
  }

  private watched({ access, session }: Pick<Issued, 'access' | 'session'>): WatchedToken {
    const token: WatchedToken = { access, session, settled: () => this.step, fate: null };
    this.issuedCount += 1;
    this.watch(token);
    return token;
  }
}
