import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../../kernel/events/index.js';
import { UsersService } from '../../users/index.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import { GeneratedLeftoversRepository } from './generated-leftovers.repository.js';

const BATCH = 1000;

/** A generated picture shows a person's initials: when its user is erased it goes too, unless somebody else is shown with the same. */
@Injectable()
export class GeneratedErasure implements OnModuleInit {
  private readonly logger = new Logger('Avatars');

  constructor(
    private readonly bytes: PictureBytes,
    private readonly leftovers: GeneratedLeftoversRepository,
    private readonly users: UsersService,
    private readonly bus: EventBus,
  ) {}

  onModuleInit(): void {
    this.bus.on('user.deleted', 'beforeCommit', ({ generatedKey }, { manager }) => this.leftovers.requestErasure(manager, generatedKey));
    this.bus.on('user.deleted', 'beforeAnswer', ({ generatedKey }) => this.erase(generatedKey));
  }

  /** What is left to erase because storage failed, or the process ended, at the wrong moment. */
  async eraseOverdue(): Promise<void> {
    try {
      for (const key of await this.leftovers.keysToErase(BATCH)) await this.erase(key);
    } catch (error) {
      this.logger.warn(`erasure of generated pictures is overdue and failed: ${String(error)}`);
    }
  }

  /** Without a lock: who draws the same picture in this moment looks, when it is stored, whether anybody is still shown with it. */
  private async erase(key: string): Promise<void> {
    if (!(await this.leftovers.isErasureRequested(key))) return;
    if ((await this.users.generatedKeysInUse([key])).length === 0) await this.bytes.eraseGenerated(key);
    await this.leftovers.forget([key]);
  }
}
