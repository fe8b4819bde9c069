import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { UsersService } from '../../users/index.js';
import { bootstrapRefused } from '../auth.errors.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Decides who becomes the first administrator: embedded, the first who registers; in production, whoever registers with
 * `BOOTSTRAP_TOKEN`. Exactly one, however many race: the question is asked under a lock, inside the registering transaction.
 */
@Injectable()
export class FirstAdmin {
  constructor(
    private readonly users: UsersService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The roles of the account that registers in this transaction; `auth.bootstrap_refused` (403) for a token that is wrong or spent. */
  async rolesFor(manager: EntityManager, bootstrapToken: string | undefined): Promise<string[]> {
    const isClaimed = bootstrapToken !== undefined;
    if (isClaimed && !this.isBootstrapToken(bootstrapToken)) throw bootstrapRefused();
    if (!isClaimed && !this.isFirstComeFirstServed) return [];
    const isTaken = await this.users.hasAdmin(manager);
    if (isTaken && isClaimed) throw bootstrapRefused();
    return isTaken ? [] : ['admin'];
  }

  /** Somebody who only tries the service out needs no token; where one is set, or in production, nobody becomes it unasked. */
  private get isFirstComeFirstServed(): boolean {
    const { isEmbedded, environment, bootstrapToken } = this.config;
    return isEmbedded || (environment !== 'production' && bootstrapToken === null);
  }

  private isBootstrapToken(presented: string): boolean {
    const { bootstrapToken } = this.config;
    return bootstrapToken !== null && timingSafeEqual(digest(presented), digest(bootstrapToken));
  }
}
