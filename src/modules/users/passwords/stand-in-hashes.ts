import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { deriveKey, mac } from '../../../kernel/crypto/index.js';
import { foldIdentifier } from '../folded-names.js';
import { UsersRepository } from '../users.repository.js';
import { workOf } from './foreign-hash.js';
import { CURRENT_FORM } from './password-hasher.js';

const REFRESH_INTERVAL_MS = 600_000;

interface Kind {
  readonly example: string;
  /** The end of its part of the numbers between 0 and 1. */
  readonly upTo: number;
}

/**
 * Accounts that were imported have hashes that take another time than ours, and nobody may tell by that which accounts there are. So a name that nobody has
 * is given a kind of hash by lot, as often as accounts have that kind; the lot hangs on the name alone, so it is the same at every try.
 */
@Injectable()
export class StandInHashes implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Users');
  private readonly key: Buffer;
  private kinds: readonly Kind[] = [];
  private known: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private loading: Promise<void> | null = null;

  constructor(
    private readonly users: UsersRepository,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    this.key = deriveKey(config.masterKey, 'stand-in-hashes');
  }

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), REFRESH_INTERVAL_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.loading;
  }

  /** What is verified in place of the hash that nobody of this name has; null: one of ours. */
  of(identifier: string): string | null {
    if (this.kinds.length === 0) return null;
    const name = foldIdentifier(identifier);
    const lot = mac(this.key, name).readUIntBE(0, 6) / 2 ** 48;
    return this.kinds.find(({ upTo }) => lot < upTo)?.example ?? null;
  }

  /** An account has this hash: if it is of a kind that was not known, it is from now on. */
  notice(passwordHash: string): void {
    if (!passwordHash.startsWith(CURRENT_FORM) && !this.known.has(workOf(passwordHash))) void this.refresh();
  }

  refresh(): Promise<void> {
    return (this.loading ??= this.load().finally(() => (this.loading = null)));
  }

  /** Never throws: what is known stays. */
  private async load(): Promise<void> {
    try {
      const found = await this.users.otherHashes(CURRENT_FORM);
      let upTo = 0;
      this.kinds = found.map(({ example, share }) => ({ example, upTo: (upTo += share) }));
      this.known = new Set(found.map(({ example }) => workOf(example)));
    } catch (error) {
      this.logger.debug(`kinds of hashes: ${String(error)}`);
    }
  }
}
