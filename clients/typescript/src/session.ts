import { inProcessLocks } from './in-process-locks.js';
import { pause } from './pause.js';
import { platformLocks, type Locks, type OpenChannel } from './platform.js';
import type { RefreshOutcome } from './refresh.js';
import { Tabs, type TabMessage } from './tabs.js';
import type { HeldTokens, TokenStore } from './token-store.js';
import type { SignedOutReason, Tokens } from './types.js';

export interface SessionOptions {
  /** Who shares the session takes this lock and listens on this channel. */
  readonly name: string;
  readonly store: TokenStore;
  /** Whether the refresh token is a cookie: then signed in or not is only known once the service was asked. */
  readonly hasCookie: boolean;
  readonly locks?: Locks;
  readonly openChannel: OpenChannel | null;
  readonly refresh: (refreshToken: string | null) => Promise<RefreshOutcome>;
  readonly onSignedOut?: (reason: SignedOutReason) => void;
}

export type SessionListener = (tokens: HeldTokens | null) => void;

/** How long a client that waited for another's refresh listens for what came of it. */
const NEWS_LIMIT_MS = 1_000;
/** A token is replaced when this little of it is left, or a tenth. */
const MARGIN_MS = 30_000;

/** Who is signed in, and the one place that refreshes. */
export class Session {
  private state: 'unknown' | 'known' = 'unknown';
  private held: HeldTokens | null = null;
  private refreshing: Promise<RefreshOutcome> | null = null;
  private loading: Promise<void> | null = null;
  private readonly listeners = new Set<SessionListener>();
  private readonly locks: Locks;
  private readonly tabs: Tabs | null;

  constructor(private readonly options: SessionOptions) {
    this.locks = options.locks ?? platformLocks() ?? inProcessLocks;
    const channel = options.openChannel?.(options.name) ?? null;
    this.tabs = channel && new Tabs(channel, (message) => this.hear(message));
  }

  get tokens(): HeldTokens | null {
    return this.held;
  }

  subscribe(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Learns once whether somebody is signed in: from the store, or by asking with the cookie. */
  async load(): Promise<void> {
    if (this.state === 'known') return;
    await (this.loading ??= this.loadOnce().finally(() => (this.loading = null)));
  }

  /** Of many calls at once one asks; `stale` is the access token that is to be replaced. */
  refresh(stale: string | null): Promise<RefreshOutcome> {
    return (this.refreshing ??= this.refreshInTurn(stale).finally(() => (this.refreshing = null)));
  }

  get canRefresh(): boolean {
    return this.options.hasCookie || this.held?.refreshToken !== undefined;
  }

  isEnding({ receivedAtMs, expiresIn }: HeldTokens): boolean {
    return Date.now() >= receivedAtMs + expiresIn * 1000 - Math.min(MARGIN_MS, expiresIn * 100);
  }

  isOver({ receivedAtMs, expiresIn }: HeldTokens): boolean {
    return Date.now() >= receivedAtMs + expiresIn * 1000;
  }

  /** Nobody who shares the session refreshes meanwhile. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.locks.request(this.options.name, {}, work);
  }

  async adopt(tokens: Tokens, receivedAtMs = Date.now()): Promise<HeldTokens> {
    const held = { ...tokens, receivedAtMs };
    this.set(held);
    // What the others need; with the cookie transport there is nothing else in it.
    this.tabs?.tell({ kind: 'tokens', tokens: held });
    await this.options.store.save(held);
    return held;
  }

  async end(reason: SignedOutReason): Promise<void> {
    const ended = this.held;
    this.set(null);
    await this.options.store.clear();
    if (!ended) {
      // A page that was opened with the cookie of a session that is over: whoever was signed in here may ask why.
      if (this.options.hasCookie && reason !== 'auth.token_missing') this.options.onSignedOut?.(reason);
      return;
    }
    this.tabs?.tell({ kind: 'signed-out', sessionId: ended.sessionId, reason });
    this.options.onSignedOut?.(reason);
  }

  close(): void {
    this.tabs?.close();
    this.listeners.clear();
  }

  private async loadOnce(): Promise<void> {
    const stored = await this.options.store.load();
    if (this.state === 'known') return; // told meanwhile
    if (stored) return this.set(stored);
    if (!this.options.hasCookie) return this.set(null);
    await this.refresh(null);
  }

  private async refreshInTurn(stale: string | null): Promise<RefreshOutcome> {
    const isBusy = Symbol('busy');
    const attempt = await this.locks.request<RefreshOutcome | typeof isBusy>(this.options.name, { ifAvailable: true }, async (lock) => (lock === null ? isBusy : this.refreshUnderLock(stale)));
    if (attempt !== isBusy) return attempt;
    // Another one refreshes: its news may still be on their way when the lock is free.
    let giveUp: (() => void) | undefined;
    const news = this.tabs?.nextMessage(new Promise((resolve) => (giveUp = resolve)));
    return this.locks.request(this.options.name, {}, async () => {
      if (news) await Promise.race([news, pause(NEWS_LIMIT_MS)]).finally(() => giveUp?.());
      return this.refreshUnderLock(stale);
    });
  }

  private async refreshUnderLock(stale: string | null): Promise<RefreshOutcome> {
    if (!this.options.hasCookie) await this.readStore();
    if (this.held && this.held.accessToken !== stale) return { kind: 'refreshed', tokens: this.held };
    const outcome = await this.askForTokens();
    if (outcome.kind === 'refreshed') await this.adopt(outcome.tokens, outcome.tokens.receivedAtMs);
    if (outcome.kind === 'refused') await this.end(outcome.reason);
    return outcome;
  }

  private async askForTokens(): Promise<RefreshOutcome> {
    try {
      const outcome = await this.options.refresh(this.options.hasCookie ? null : (this.held?.refreshToken ?? null));
      if (outcome.kind === 'failed') this.tabs?.tell({ kind: 'not-refreshed' });
      return outcome;
    } catch (error) {
      this.tabs?.tell({ kind: 'not-refreshed' });
      throw error;
    }
  }

  /** What another process or client that shares the store has put there. */
  private async readStore(): Promise<void> {
    const stored = await this.options.store.load();
    if (stored && stored.accessToken !== this.held?.accessToken) this.set(stored);
  }

  private hear(message: TabMessage): void {
    if (message.kind === 'tokens') this.set(message.tokens);
    if (message.kind !== 'signed-out' || !this.held || message.sessionId !== this.held.sessionId) return;
    this.set(null);
    this.options.onSignedOut?.(message.reason);
  }

  private set(tokens: HeldTokens | null): void {
    this.state = 'known';
    this.held = tokens;
    for (const listener of this.listeners) listener(tokens);
  }
}
