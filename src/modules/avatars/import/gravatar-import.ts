import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { EventBus } from '../../../kernel/events/index.js';
import { WorkerLoop } from '../../../kernel/worker-loop/index.js';
import { UsersService } from '../../users/index.js';
import { PictureImport } from './picture-import.service.js';

/** Who registers while so many wait is not waited for: a picture from elsewhere is a courtesy. */
const MAX_WAITING = 200;

/**
 * Once in an account's life, the picture that its address has at Gravatar. `GRAVATAR_IMPORT=verified` waits until the address is proved: whoever
 * registers with somebody else's address is then never shown with that person's picture. Nobody waits for it, and what fails is not tried again.
 */
@Injectable()
export class GravatarImport implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('GravatarImport');
  private readonly waiting: string[] = [];
  private readonly loop = new WorkerLoop(() => this.importNext(), () => undefined);
  private readonly givenUp = new AbortController();

  constructor(
    private readonly pictures: PictureImport,
    private readonly users: UsersService,
    private readonly bus: EventBus,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.avatars.gravatarImport === 'off') return;
    // Before the answer, because that phase runs here alone, on the instance that made the write; it returns at once.
    this.bus.on('user.created', 'beforeAnswer', ({ userId }) => this.begin(userId));
    this.bus.on('email.verified', 'beforeAnswer', ({ userId }) => this.begin(userId));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.waiting.length = 0;
    // Nobody waits for it, so neither does the end.
    this.givenUp.abort();
    await this.loop.stop();
  }

  private begin(userId: string): void {
    if (this.waiting.length >= MAX_WAITING || this.waiting.includes(userId)) return;
    this.waiting.push(userId);
    this.loop.wake();
  }

  private async importNext(): Promise<boolean> {
    const userId = this.waiting.shift();
    // Most addresses have no picture there. The error may name the address's hash: it is not logged.
    if (userId !== undefined) await this.import(userId).catch(() => this.logger.debug('no picture was brought over from Gravatar'));
    return this.waiting.length > 0;
  }

  private async import(userId: string): Promise<void> {
    const { gravatarImport, gravatarImportUrl } = this.config.avatars;
    const user = await this.users.snapshot(userId);
    if (!user || (gravatarImport === 'verified' && !user.dto.emailVerified)) return;
    const hash = createHash('sha256').update(user.dto.email.trim().toLowerCase()).digest('hex');
    await this.pictures.firstFromUrl(userId, `${gravatarImportUrl}/${hash}?s=512&d=404`, this.givenUp.signal);
  }
}
