import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { AppError, outcomeUnknown, serviceUnavailable } from '../errors/index.js';
import { isAnswerLost, isConnectionLost, isDatabaseAway } from './database-fault.js';
import { PreparedReads, type PreparedRead } from './prepared-reads.js';
import { Sessions, type Session } from './sessions.js';

/** A statement that writes and is a whole transaction; named as those that read. */
export type PreparedWrite = PreparedRead;

/** What TypeORM keeps of a transaction, so that what is asked through its manager joins this one. */
const ONE_BEGUN = { isTransactionActive: true, transactionDepth: 1 } as const;

/** The driver's own connection, which TypeORM leaves untyped. */
interface Connection extends Session {
  query(sql: string): Promise<{ readonly command: string }>;
}

/** The one way to write: a READ COMMITTED transaction on the primary. */
@Injectable()
export class Transactions {
  private readonly prepared: PreparedReads;

  constructor(private readonly dataSource: DataSource) {
    this.prepared = new PreparedReads(dataSource);
  }

  /**
   * Commits what `work` did through its manager, and answers with its result; whatever it throws rolls everything back.
   * Throws `service.unavailable` when the database is away and nothing was changed, `request.outcome_unknown` when the answer to COMMIT was lost.
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = await this.begun();
    try {
      const result = await this.attempt(runner, work);
      await this.commit(runner);
      return result;
    } finally {
      await runner.release();
    }
  }

  /**
   * One statement, which is a transaction by itself: one round trip, where `run` takes four. Throws `service.unavailable` when the database is away; if the
   * answer was lost, it may have been carried out all the same.
   */
  single<Row>(statement: PreparedWrite, values: readonly unknown[]): Promise<Row[]> {
    return this.prepared.write(statement, values);
  }

  private async attempt<T>(runner: QueryRunner, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(runner.manager);
    } catch (error) {
      // Where the rollback fails, the connection is gone, and the server rolls back by itself.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      const isLost = runner.isReleased && error instanceof Error && /AlreadyReleased/.test(error.name);
      throw error instanceof AppError || !(isLost || isDatabaseAway(error)) ? error : serviceUnavailable(error);
    }
  }

  private async begun(): Promise<QueryRunner> {
    try {
      return (await this.begin()) ?? (await this.begin({ isLastTry: true }))!;
    } catch (error) {
      throw isDatabaseAway(error) ? serviceUnavailable(error) : error;
    }
  }

  /**
   * Null when the session was of no use and a new one may be: it was lost while it was idle, or it is read-only and the server no longer is.
   * Not by `runner.startTransaction()`: it sends the isolation level behind, in a message of its own, and every write would wait for that.
   */
  private async begin({ isLastTry = false } = {}): Promise<QueryRunner | null> {
    const runner = this.dataSource.createQueryRunner('master');
    const connection = (await runner.connect()) as Connection;
    const sessions = Sessions.of(this.dataSource);
    try {
      await connection.query(sessions.transactionStart);
      if (isLastTry || !(await sessions.isOutlived(connection, this.dataSource))) return Object.assign(runner, ONE_BEGUN);
    } catch (error) {
      if (isLastTry || !isConnectionLost(error)) {
        await runner.release();
        throw error;
      }
    }
    await runner.release();
    return null;
  }

  /**
   * Not `runner.commitTransaction()`: it does not look at the answer, and PostgreSQL answers the COMMIT of a transaction
   * in which a statement had failed with ROLLBACK, as if all were well.
   */
  private async commit(runner: QueryRunner): Promise<void> {
    // TypeORM releases the runner of a connection that it sees break; the server has rolled back.
    if (runner.isReleased) throw serviceUnavailable(new Error('The connection was lost before the commit.'));
    const connection = (await runner.connect()) as Connection;
    let command: string;
    try {
      ({ command } = await connection.query('COMMIT'));
    } catch (error) {
      if (isAnswerLost(error)) throw outcomeUnknown(error);
      throw isDatabaseAway(error) ? serviceUnavailable(error) : error;
    }
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back: a statement in it had failed, and its error was ignored.');
  }
}
