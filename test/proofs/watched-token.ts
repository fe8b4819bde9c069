import type { AccessGrant, SessionRecord } from '../../src/modules/auth/tokens/index.js';
import type { TokenStoreUnderTest } from '../tokens/token-store-under-test.js';

/** What was done to a token, as soon as it was acknowledged. */
export type Fate = 'evicted' | 'ended' | 'revoked';

export interface WatchedToken {
  readonly access: AccessGrant;
  readonly session: Pick<SessionRecord, 'id' | 'userId'>;
  /** Everything that is under way for this user; resolves when it has been acknowledged. */
  readonly settled: () => Promise<unknown>;
  fate: Fate | null;
}

/** Nearer to its end than this, the store's clock is read before a token is asked for. Ours runs on the same machine. */
const NEAR_ITS_END_MS = 2_000;

/** Counts what was seen, and every answer that breaks promise 1. */
export class Verdicts {
  readonly faults: string[] = [];
  readonly seen = new Map<string, number>();
  /** Milliseconds to the end at the last acceptance, and from it at the first refusal. */
  closestBefore = Infinity;
  closestAfter = Infinity;

  /** `isOneConnection`: what is sent one after the other is answered in that order, so nothing need be waited for in between. */
  constructor(
    private readonly store: Pick<TokenStoreUnderTest, 'tokens' | 'now'>,
    private readonly isOneConnection: boolean,
  ) {}

  /** Asks once, between two looks at the store's clock where these can decide anything. */
  async ask(token: WatchedToken): Promise<void> {
    const { access, session } = token;
    const endMs = access.expiresAt * 1_000;
    const fateBefore = token.fate;
    const ref = { userId: session.userId, sessionId: session.id, tokenId: access.tokenId, expiresAt: access.expiresAt };
    const now = Date.now() < endMs - NEAR_ITS_END_MS ? 0 : this.store.now();
    const [before, answer] = this.isOneConnection ? await Promise.all([now, this.store.tokens.verify(ref)]) : [await now, await this.store.tokens.verify(ref)];
    this.seen.set(answer.state, (this.seen.get(answer.state) ?? 0) + 1);
    if (answer.state === 'live') {
      if (before >= endMs) this.fault(token, `accepted ${before - endMs} ms after its exp`);
      if (fateBefore) this.fault(token, `accepted although ${fateBefore}`);
      if (answer.access.expiresAt !== access.expiresAt || answer.access.issuedAt !== access.issuedAt) this.fault(token, 'its times have changed');
      this.closestBefore = Math.min(this.closestBefore, endMs - before);
    } else if (answer.state === 'expired') {
      const after = await this.store.now();
      if (after < endMs) this.fault(token, `expired ${endMs - after} ms before its exp`);
      this.closestAfter = Math.min(this.closestAfter, after - endMs);
    } else {
      if (before >= endMs) this.fault(token, `${answer.state} after its exp`);
      await token.settled();
      if (token.fate !== answer.state) this.fault(token, `refused as ${answer.state}, but it was ${token.fate ?? 'left alone'}`);
    }
  }

  get summary(): string {
    const states = [...this.seen].map(([state, count]) => `${count} ${state}`).join(', ');
    return `${states}; accepted up to ${this.closestBefore} ms before the end, refused from ${this.closestAfter} ms after it`;
  }

  private fault({ access, session }: WatchedToken, what: string): void {
    this.faults.push(`${access.tokenId} of ${session.userId} (${access.expiresAt - access.issuedAt} s): ${what}`);
  }
}
