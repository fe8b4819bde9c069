import { Inject, Injectable, Logger } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { serviceUnavailable } from '../../../kernel/errors/index.js';
import type { PublicJwk, SigningKey } from './signing-key.js';
import { SigningKeyRepository, type UsableKeys } from './signing-key.repository.js';

/** An unknown `kid` may make one reload in this time, so that strangers' tokens cannot make many. */
const UNKNOWN_KEY_RELOAD_MS = 5_000;
/** What is noted of the tokens of a key reaches this far beyond what is needed, so that not every login writes. */
const RESERVE_AHEAD_SECONDS = 300;

export type ActiveKey = SigningKey & { readonly privateKey: NonNullable<SigningKey['privateKey']> };

const canSign = (key: SigningKey): key is ActiveKey => key.privateKey !== null;

/** The signing keys of this instance, held in memory. What each may do follows from the database's clock. */
@Injectable()
export class SigningKeys {
  private readonly logger = new Logger(SigningKeys.name);
  private byId = new Map<string, SigningKey>();
  /** Could sign here, youngest first. */
  private signing: readonly ActiveKey[] = [];
  /** Epoch ms up to which tokens of a key are noted in the database. */
  private readonly reserved = new Map<string, number>();
  private reloading: Promise<void> = Promise.resolve();
  private nextReload: Promise<void> | undefined;
  private loadedAtMs = -Infinity;
  private askedAtMs = -Infinity;
  private databaseAheadMs = 0;
  private hasWarned = false;

  constructor(
    private readonly repository: SigningKeyRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** By the database's clock, as far as this instance can tell without asking. */
  now(): Date {
    return new Date(performance.now() + this.databaseAheadMs);
  }

  /** The youngest key that this instance could sign with, now or later. */
  youngest(): SigningKey | undefined {
    return this.signing[0];
  }

  /** The key that signs now; 503 while there is none. */
  current(): ActiveKey {
    // Who could not ask for so long may have missed that another key signs, or that this one was withdrawn.
    if (performance.now() - this.loadedAtMs > this.config.tokens.keyLeadSeconds * 1000) throw serviceUnavailable('the signing keys are out of date');
    const now = this.now();
    const key = this.signing.find(({ activeFrom }) => activeFrom <= now) ?? this.tooYoung();
    if (!key) throw serviceUnavailable('no signing key is loaded');
    return key;
  }

  /** The key that signs a token of this expiry (epoch seconds), which is noted first: so long it verifies, whatever comes after it. */
  async forTokenUntil(expiresAt: number): Promise<ActiveKey> {
    const key = this.current();
    if (await this.reserve(key, expiresAt)) return key;
    await this.reload();
    const successor = this.current();
    if (successor.kid !== key.kid && (await this.reserve(successor, expiresAt))) return successor;
    throw serviceUnavailable('the signing key was withdrawn');
  }

  /** The same, where that is noted already; 503 while there is none. */
  readyUntil(expiresAt: number): ActiveKey | undefined {
    const key = this.current();
    return this.isReserved(key, expiresAt) ? key : undefined;
  }

  /** The key of this id, read anew from the store when it is not known here (another instance may have made it). */
  async verifying(kid: string): Promise<SigningKey | undefined> {
    const known = this.byId.get(kid);
    if (known || performance.now() - this.askedAtMs < UNKNOWN_KEY_RELOAD_MS) return known;
    await this.reload();
    return this.byId.get(kid);
  }

  /** A withdrawn key is not known any more. */
  knows(kid: string): boolean {
    return this.byId.has(kid);
  }

  /** The JWK set (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] } {
    return { keys: [...this.byId.values()].map((key) => key.publicJwk) };
  }

  /** Reads the keys; throws when they cannot be read. */
  async load(): Promise<void> {
    this.askedAtMs = performance.now();
    this.take(await this.repository.usable());
  }

  /** The same, for when there are keys at hand: those stay good. What was changed before the call is read. */
  reload(): Promise<void> {
    // One that runs already may have read before that change: this one comes after it.
    this.nextReload ??= this.reloading.then(() => {
      this.nextReload = undefined;
      return (this.reloading = this.loadQuietly());
    });
    return this.nextReload;
  }

  private async loadQuietly(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.logger.warn(`Signing keys could not be read anew: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  private take({ keys, now }: UsableKeys): void {
    this.loadedAtMs = performance.now();
    this.databaseAheadMs = now.getTime() - this.loadedAtMs;
    this.byId = new Map(keys.map((key) => [key.kid, key]));
    this.signing = keys.filter(canSign).filter(({ algorithm }) => algorithm === this.config.tokens.algorithm);
    for (const kid of this.reserved.keys()) if (!this.byId.has(kid)) this.reserved.delete(kid);
    for (const key of keys) this.reserved.set(key.kid, key.tokensUntil.getTime());
  }

  private isReserved(key: SigningKey, expiresAt: number): boolean {
    return expiresAt * 1000 <= (this.reserved.get(key.kid) ?? 0);
  }

  /** False when the key was withdrawn. */
  private async reserve(key: SigningKey, expiresAt: number): Promise<boolean> {
    if (this.isReserved(key, expiresAt)) return true;
    const until = await this.repository.reserve(key.kid, expiresAt + RESERVE_AHEAD_SECONDS);
    if (until) this.reserved.set(key.kid, until.getTime());
    return until !== null;
  }

  /** Where an operator replaced the only key that can sign here, the new one signs before others know it, rather than none. */
  private tooYoung(): ActiveKey | undefined {
    const key = this.signing.at(-1);
    if (key && !this.hasWarned) this.logger.warn('A key signs that was not published long enough: keep the previous one in SIGNING_KEY during a change');
    this.hasWarned = true;
    return key;
  }
}
