import type { DataSource } from 'typeorm';
import type { DatabaseConfig } from '../config/index.js';
import { transactionStart } from './session-settings.js';

/** A connection as this looks at it. */
export interface Session {
  /** As the server reported it last: a replica, or `default_transaction_read_only`. */
  readonly isReadOnly: boolean;
  /** The pool closes it when it comes back. */
  retire(): void;
}

/** What this uses of the driver's pool. */
interface Pool {
  readonly idleCount: number;
  connect(done: (error: Error | undefined, session: Session | undefined, release: (isBroken?: boolean) => void) => void): void;
}

/** During a read-only spell one new connection in this time asks whether it is over. */
const PROBE_EVERY_MS = 500;

/**
 * The open sessions of one pool. A server becomes read-only and writable again (a full disk at a hosting service, a failover), but a session keeps the
 * default that it began with, and one with a demoted primary stays there. So a session that is read-only is not believed: a new one is asked.
 */
export class Sessions {
  /** The statement that opens a transaction. */
  readonly transactionStart: string;
  /** Whether statements may be prepared by name: before PgBouncer 1.21 the next statement may find another server. */
  readonly arePreparedByName: boolean;
  private readonly open = new Set<Session>();
  private probe: Promise<boolean> | null = null;
  private lastProbe = { isWritable: true, atMs: Number.NEGATIVE_INFINITY };

  constructor(readonly config: Pick<DatabaseConfig, 'pooler' | 'statementTimeoutMs'>) {
    this.transactionStart = transactionStart(config);
    this.arePreparedByName = config.pooler !== 'transaction';
  }

  /** Those of a data source that `dataSourceOptions` has described. */
  static of(dataSource: DataSource): Sessions {
    return (dataSource.options as unknown as { readonly extra: { readonly sessions: Sessions } }).extra.sessions;
  }

  add(session: Session): void {
    this.open.add(session);
  }

  remove(session: Session): void {
    this.open.delete(session);
  }

  /**
   * Whether another session should be taken for a write, because this one is read-only and the server no longer is. Then every session that is
   * read-only is closed: idle ones now, the others when they come back. Throws what connecting throws.
   */
  async isOutlived(session: Session, dataSource: DataSource): Promise<boolean> {
    if (!session.isReadOnly) return false;
    if (performance.now() - this.lastProbe.atMs < PROBE_EVERY_MS && !this.lastProbe.isWritable) return false;
    this.probe ??= this.isWritableNow(dataSource).finally(() => (this.probe = null));
    if (!(await this.probe)) return false;
    this.retireReadOnly(poolOf(dataSource));
    return true;
  }

  /** Asks by a connection of its own: the pool would hand out one that is there. */
  private async isWritableNow(dataSource: DataSource): Promise<boolean> {
    const { Client, options } = poolOf(dataSource) as unknown as { readonly Client: new (options: object) => Session & Probe; readonly options: object };
    const client = new Client(options);
    client.on('error', () => undefined);
    try {
      await client.connect();
      this.lastProbe = { isWritable: !client.isReadOnly, atMs: performance.now() };
      return !client.isReadOnly;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private retireReadOnly(pool: Pool): void {
    for (const session of this.open) if (session.isReadOnly) session.retire();
    // The pool looks at a session only when it comes back: idle ones are taken out once, and given back.
    for (let idle = pool.idleCount; idle > 0; idle -= 1) pool.connect((_error, session, release) => release(session?.isReadOnly));
  }
}

interface Probe {
  on(event: 'error', listener: () => void): void;
  connect(): Promise<void>;
  end(): Promise<void>;
}

/** TypeORM leaves it untyped; it is there once the data source is initialised. */
export const poolOf = (dataSource: DataSource): Pool => (dataSource.driver as unknown as { readonly master: Pool }).master;
