import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { serviceUnavailable } from '../../../kernel/errors/index.js';
import type { PublicJwk, SigningKey } from './signing-key.js';
import { SigningKeyRepository } from './signing-key.repository.js';

const RELOAD_INTERVAL_MS = 60_000;
/** An unknown `kid` may make one reload in this time, so that strangers' tokens cannot make many. */
const UNKNOWN_KEY_RELOAD_MS = 5_000;

/** The signing keys of this instance, held in memory and read anew each minute and on an unknown key id. */
@Injectable()
export class SigningKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SigningKeys.name);
  private byId = new Map<string, SigningKey>();
  private signing: SigningKey | undefined;
  private reloading: Promise<void> | undefined;
  private lastReloadMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly repository: SigningKeyRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.take(await this.repository.usableOrFirst(this.config.tokens.algorithm));
    this.timer = setInterval(() => void this.reload(), RELOAD_INTERVAL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The key that signs now; 503 while there is none. */
  current(): SigningKey {
    if (!this.signing) throw serviceUnavailable('no signing key is loaded');
    return this.signing;
  }

  /** The key of this id, read anew from the store when it is not known here (another instance may have made it). */
  async verifying(kid: string): Promise<SigningKey | undefined> {
    const known = this.byId.get(kid);
    if (known || performance.now() - this.lastReloadMs < UNKNOWN_KEY_RELOAD_MS) return known;
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

  private reload(): Promise<void> {
    this.reloading ??= this.repository
      .usable()
      .then((found) => this.take(found))
      // The keys at hand stay good; the next minute tries again.
      .catch((error: unknown) => this.logger.warn(`Signing keys could not be read anew: ${error instanceof Error ? error.message : 'unknown'}`))
      .finally(() => (this.reloading = undefined));
    return this.reloading;
  }

  private take({ keys, now }: { keys: SigningKey[]; now: Date }): void {
    this.lastReloadMs = performance.now();
    this.byId = new Map(keys.map((key) => [key.kid, key]));
    this.signing = keys.find((key) => key.algorithm === this.config.tokens.algorithm && key.activeFrom <= now);
  }
}
