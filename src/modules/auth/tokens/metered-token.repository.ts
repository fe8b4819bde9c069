import type { Clock } from '../../../kernel/clock/index.js';
import type { Platform } from '../platform.js';
import type { TokenNotes } from './token-notes.js';
import type { TokenMetrics } from './token-metrics.js';
import {
  TokenRepository,
  type AdoptInput,
  type AdoptResult,
  type EndAllOptions,
  type EndReason,
  type IssueAdminTokenInput,
  type IssueInput,
  type IssueResult,
  type PresentedToken,
  type RefreshInput,
  type RefreshResult,
  type RotateInput,
  type Rotation,
  type SessionRecord,
  type SessionSecret,
  type StartedSession,
  type TokenRef,
  type VerifyResult,
} from './token-repository.js';

/** A token repository that counts what it does, and has it written down; the one inside knows nothing of it. */
export class MeteredTokenRepository extends TokenRepository {
  constructor(
    private readonly inner: TokenRepository,
    private readonly metrics: TokenMetrics,
    private readonly notes: TokenNotes,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async issue(input: IssueInput): Promise<IssueResult> {
    const result = await this.inner.issue(input);
    if (result.outcome === 'denied') {
      this.metrics.denied.inc({ policy: input.policy.name });
      return result;
    }
    this.metrics.issued.inc({ kind: 'login' });
    this.notes.started(input, result.evicted);
    if (result.evicted.length > 0) this.metrics.evicted.inc({ policy: input.policy.name }, result.evicted.length);
    return result;
  }

  override async issueAdminToken(input: IssueAdminTokenInput): Promise<StartedSession> {
    const started = await this.inner.issueAdminToken(input);
    this.metrics.issued.inc({ kind: 'admin' });
    this.notes.issued(input);
    return started;
  }

  override async adopt(input: AdoptInput): Promise<AdoptResult> {
    const result = await this.inner.adopt(input);
    if (result === 'adopted') this.metrics.issued.inc({ kind: 'adopted' });
    return result;
  }

  override async verify(ref: PresentedToken): Promise<VerifyResult> {
    let result: VerifyResult;
    try {
      result = await this.inner.verify(ref);
    } catch (error) {
      return this.unavailable(this.metrics.verified, error);
    }
    if (result.state === 'live') {
      this.metrics.verifiedLive.inc();
      return result;
    }
    this.metrics.verified.inc({ result: result.state });
    // The process's clock is good enough to see by; it decides nothing.
    this.metrics.remainingLife.observe({ result: result.state }, ref.expiresAt - this.clock.now().getTime() / 1000);
    return result;
  }

  override sessionSecret(userId: string, sessionId: string, endsAt: number): Promise<SessionSecret> {
    return this.inner.sessionSecret(userId, sessionId, endsAt);
  }

  override async refresh(input: RefreshInput): Promise<RefreshResult> {
    const result = await this.inner.refresh(input).catch((error: unknown) => this.unavailable(this.metrics.refreshed, error));
    this.metrics.refreshed.inc({ result: result.outcome === 'refused' ? result.state : result.outcome });
    if (result.outcome === 'rotated') this.metrics.issued.inc({ kind: 'refresh' });
    if (result.outcome === 'reused') {
      this.metrics.reuse.inc();
      this.notes.reused(input.userId, input.sessionId);
    }
    return result;
  }

  /** What was not done is not counted: whoever goes on by the table is. */
  override async rotate(input: RotateInput): Promise<Rotation | null> {
    try {
      const rotation = await this.inner.rotate(input);
      if (rotation) {
        this.metrics.refreshedRotated.inc();
        this.metrics.issuedByRefresh.inc();
      }
      return rotation;
    } catch (error) {
      return this.unavailable(this.metrics.refreshed, error);
    }
  }

  override async revokeToken(ref: TokenRef, reason: EndReason): Promise<boolean> {
    const isEnded = await this.inner.revokeToken(ref, reason);
    if (isEnded) this.metrics.revoked.inc({ scope: 'token', reason });
    return isEnded;
  }

  override async endSession(userId: string, sessionId: string, reason: EndReason): Promise<boolean> {
    const isEnded = await this.inner.endSession(userId, sessionId, reason);
    if (isEnded) {
      this.metrics.revoked.inc({ scope: 'session', reason });
      this.notes.ended(userId, sessionId, reason);
    }
    return isEnded;
  }

  override async endAll(userId: string, options: EndAllOptions): Promise<void> {
    await this.inner.endAll(userId, options);
    this.metrics.revoked.inc({ scope: 'all', reason: options.erase ? 'erased' : 'ended' });
  }

  override async endPlatform(userId: string, platform: Platform): Promise<void> {
    await this.inner.endPlatform(userId, platform);
    this.metrics.revoked.inc({ scope: 'platform', reason: 'ended' });
    this.notes.platformEnded(userId, platform);
  }

  override list(userId: string): Promise<readonly SessionRecord[]> {
    return this.inner.list(userId);
  }

  private unavailable(counter: { inc(labels: { result: string }): void }, error: unknown): never {
    counter.inc({ result: 'unavailable' });
    throw error;
  }
}
