import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FencedEntry } from '../../kernel/cache/index.js';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { PreparedReads, Transactions } from '../../kernel/database/index.js';
import { EventBus } from '../../kernel/events/index.js';
import { settleBeforeAnswer } from './settle-before-answer.js';
import './user-events.js';

/** Whose entry the cached key stands in: nobody's, so that it has the protocol of a user's, and a slot of its own. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const STATEMENT = { name: 'default_picture', text: 'SELECT picture_key AS "pictureKey", version FROM default_picture WHERE id = 1' } as const;

/** Held by who changes it, from before the fence until the commit is to be seen (docs/decisions/0011). */
const CHANGE_LOCK = 7_305_438_217_021;
const PROBE = { name: 'default_picture_probe', text: `SELECT pg_try_advisory_xact_lock_shared(${CHANGE_LOCK}) AS "isFree"` } as const;

interface DefaultRow {
  readonly pictureKey: string | null;
  readonly version: number;
}

/**
 * The picture that the operator gives to users who have put none. It is one register, kept like a user's row: the truth in
 * PostgreSQL, a fenced entry in Redis (guarantees §4), resolved after the cached user, so that one write changes all of them.
 */
@Injectable()
export class DefaultPicture {
  private readonly logger = new Logger('Users');
  private next: Promise<string | null> | null = null;

  constructor(
    private readonly reads: PreparedReads,
    private readonly transactions: Transactions,
    private readonly bus: EventBus,
    // Named: the compiler makes nothing of a type that may be null.
    @Inject(FencedEntry) private readonly entry: FencedEntry | null,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** AVATAR_DEFAULT: whether it is asked for at all. */
  get isShown(): boolean {
    return this.config.avatars.default === 'picture';
  }

  /** Its key, never older than what was acknowledged before the call; null: initials. Those who ask in one turn of the event loop share a read that begins after. */
  current(): Promise<string | null> {
    if (!this.isShown) return Promise.resolve(null);
    return (this.next ??= this.readNext());
  }

  /** The same on the connection that holds the caller's transaction: waiting for another one could wait for ever. */
  async currentWithin(manager: EntityManager): Promise<string | null> {
    if (!this.isShown) return null;
    const [row] = await manager.query<DefaultRow[]>(STATEMENT.text);
    return row?.pictureKey ?? null;
  }

  /** What is set, whether it is shown or not. */
  async stored(): Promise<string | null> {
    return (await this.row()).pictureKey;
  }

  /** From the answer on, nobody who asks is shown the one before. Null: initials again. Throws 503 `request.outcome_unknown` where that is not known. */
  async change(key: string | null): Promise<void> {
    const version = await this.transactions.run(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(${CHANGE_LOCK})`);
      const [before] = await manager.query<[DefaultRow]>(STATEMENT.text);
      if (before.pictureKey === key) return before.version;
      await manager.query('UPDATE default_picture SET picture_key = $1, version = version + 1 WHERE id = 1', [key]);
      await this.bus.run('default_picture.changed', 'beforeCommit', { holderId: NOBODY, key, supersededKey: before.pictureKey }, { manager });
      await this.entry?.fence(NOBODY, before.version + 1);
      return before.version + 1;
    });
    await settleBeforeAnswer(async () => this.entry?.fence(NOBODY, version));
  }

  private async readNext(): Promise<string | null> {
    await turnOfTheLoop();
    this.next = null;
    return this.read();
  }

  /** The order is the protocol: the marker first, then whether somebody changes it, then the row, then the fill. */
  private async read(): Promise<string | null> {
    if (!this.entry) return (await this.row()).pictureKey;
    const found = await this.orNothing(this.entry.read(NOBODY), { hit: false, marker: '' } as const);
    if (found.hit) return found.value === '' ? null : found.value;
    const isFree = found.marker !== '' && (await this.isFree());
    const { pictureKey, version } = await this.row();
    if (isFree) await this.orNothing(this.entry.fill(NOBODY, found.marker, version, pictureKey ?? ''), false);
    return pictureKey;
  }

  private async isFree(): Promise<boolean> {
    const [probe] = await this.reads.rows<{ isFree: boolean }>(PROBE, []);
    return probe?.isFree === true;
  }

  private async row(): Promise<DefaultRow> {
    const [row] = await this.reads.rows<DefaultRow>(STATEMENT, []);
    if (!row) throw new Error('the row of default_picture is missing');
    return row;
  }

  /** The database alone is as fresh, only slower. */
  private async orNothing<T, U>(asked: Promise<T>, otherwise: U): Promise<T | U> {
    try {
      return await asked;
    } catch (error) {
      this.logger.debug(`cached default picture: ${String(error)}`);
      return otherwise;
    }
  }
}
