import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactions } from '../../../kernel/database/index.js';
import { EventBus } from '../../../kernel/events/index.js';
import { storageUnavailable } from '../avatars.errors.js';
import type { NormalisedPicture } from '../pipeline/picture-pipeline.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import { AvatarUsesRepository } from './avatar-uses.repository.js';

const ERASE_INTERVAL_MS = 3600 * 1000;
const ERASE_BATCH = 1000;

/**
 * Keeps bytes and rows together (guarantees §5): bytes are durable before a row names them, and go only when no row does.
 * Whoever begins to use a key holds its lock shared, whoever removes its bytes holds it alone, so neither misses the other.
 */
@Injectable()
export class AvatarKeeper implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Avatars');
  /** Pictures of uploads that are under way here, by key, for as long as they are. */
  private readonly underWay = new Map<string, NormalisedPicture[]>();
  private timer: NodeJS.Timeout | undefined;
  private erasing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bytes: PictureBytes,
    private readonly uses: AvatarUsesRepository,
    private readonly transactions: Transactions,
    private readonly bus: EventBus,
  ) {}

  onModuleInit(): void {
    this.bus.on('avatar.changed', 'beforeCommit', ({ userId, key, supersededKey }, { manager }) => this.recordUse(manager, userId, key, supersededKey));
    this.bus.on('default_picture.changed', 'beforeCommit', ({ holderId, key, supersededKey }, { manager }) => this.recordUse(manager, holderId, key, supersededKey));
    this.bus.on('user.deleted', 'beforeCommit', ({ userId }, { manager }) => this.uses.requestErasure(manager, userId));
    // Before the answer: who asked for erasure is told that it is done only when it is.
    this.bus.on('user.deleted', 'beforeAnswer', ({ userId }) => this.eraseLeftBy(userId));
  }

  onApplicationBootstrap(): void {
    const erase = (): void => void (this.erasing = Promise.all([this.erasing, this.eraseOverdue()]));
    this.timer = setInterval(erase, ERASE_INTERVAL_MS).unref();
    erase(); // in the background: it logs its own failures
  }

  /** The stores are closed after this. Where the start failed, the first round may still be under way. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.erasing;
  }

  /** Makes the picture durable, then runs `name`, which makes a row name it. If that fails, bytes that no row names go again. */
  async keepWhile<T>(picture: NormalisedPicture, name: () => Promise<T>): Promise<T> {
    const list = this.underWay.get(picture.key) ?? [];
    this.underWay.set(picture.key, [...list, picture]);
    try {
      await this.bytes.keep(picture);
      return await name();
    } catch (error) {
      await this.removeUnlessKept(picture.key).catch((failure: unknown) => this.logger.warn(`unused picture left for the sweep: ${String(failure)}`));
      throw error;
    } finally {
      const left = (this.underWay.get(picture.key) ?? []).filter((each) => each !== picture);
      if (left.length > 0) this.underWay.set(picture.key, left);
      else this.underWay.delete(picture.key);
    }
  }

  /** What erased users left behind because storage failed, or the process ended, at the wrong moment. */
  async eraseOverdue(): Promise<void> {
    try {
      for (const key of await this.uses.keysToErase(ERASE_BATCH)) await this.removeUnlessKept(key);
    } catch (error) {
      this.logger.warn(`erasure is overdue and failed: ${String(error)}`);
    }
  }

  private async eraseLeftBy(userId: string): Promise<void> {
    for (const key of await this.uses.keysToErase(ERASE_BATCH, userId)) await this.removeUnlessKept(key);
  }

  private async recordUse(manager: EntityManager, userId: string, key: string | null, supersededKey: string | null): Promise<void> {
    if (supersededKey !== null) await this.uses.supersede(manager, userId, supersededKey);
    if (key === null) return;
    await this.uses.lockShared(manager, key);
    await this.requireBytes(key);
    await this.uses.begin(manager, userId, key);
  }

  /** Somebody may have removed the bytes, as nobody's, between their writing and this lock. */
  private async requireBytes(key: string): Promise<void> {
    if (await this.bytes.hasSource(key)) return;
    const [picture] = this.underWay.get(key) ?? [];
    if (!picture) throw storageUnavailable(new Error('a row would name a picture that is not there'));
    await this.bytes.keep(picture);
  }

  private removeUnlessKept(key: string): Promise<void> {
    return this.transactions.run(async (manager) => {
      await this.uses.lockExclusive(manager, key);
      if (!(await this.uses.isKept(manager, key))) await this.bytes.erase(key);
      await this.uses.forgetErased(manager, key);
    });
  }
}
