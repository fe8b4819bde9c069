import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { serviceUnavailable } from '../errors/index.js';
import { isDatabaseAway } from './database-fault.js';
import { poolOf, Sessions, type Session } from './sessions.js';

/** A statement that each connection parses and plans once. A name stands for one text, in the whole service. */
export interface PreparedRead {
  readonly name: string;
  readonly text: string;
}

/** What this uses of the driver's pool, which TypeORM leaves untyped. */
interface Pool {
  connect(): Promise<Connection>;
}

interface Connection extends Session {
  query(statement: Omit<PreparedRead, 'name'> & { readonly name?: string } & { readonly values: readonly unknown[] }): Promise<Answer>;
  /** With more than one statement in it: an answer for each. */
  query(text: string): Promise<Answer[]>;
  /** Gives it back; a broken one is closed by the pool. */
  release(): void;
  on(event: 'error', listener: () => void): void;
  off(event: 'error', listener: () => void): void;
}

interface Answer {
  readonly rows: unknown[];
}

/** The query is told of a lost connection too; an error event that nobody hears would end the process. */
const ignore = (): void => undefined;

/**
 * Reads of the primary on the hot way of a request: one statement, one snapshot, one round trip. TypeORM's own `query` has
 * every statement planned anew and makes a query runner for each; together they cost twice what the read does.
 * With `DATABASE_POOLER=transaction` they are not prepared by name.
 */
@Injectable()
export class PreparedReads {
  constructor(private readonly dataSource: DataSource) {}

  /** Throws `service.unavailable` when the database is away. */
  async rows<Row>({ name, text }: PreparedRead, values: readonly unknown[]): Promise<Row[]> {
    return this.on(async (connection) => this.ask<Row>(connection, { name, text }, values));
  }

  /** One statement that writes, on a session that can. It is not sent twice. Throws `service.unavailable` when the database is away. */
  async write<Row>(statement: PreparedRead, values: readonly unknown[]): Promise<Row[]> {
    return this.on(async (connection) => {
      if (!(await Sessions.of(this.dataSource).isOutlived(connection, this.dataSource))) return this.ask<Row>(connection, statement, values);
      return this.on((other) => this.ask<Row>(other, statement, values));
    });
  }

  /**
   * Two statements, in one message and one round trip: the snapshot of the second is opened after the first has ended, and locks of the first last until
   * the second has ended (READ COMMITTED; PostgreSQL, "Multiple Statements in a Simple Query"). Nothing can be passed to them: the text is all there is.
   */
  async oneAfterTheOther<First, Second>(first: string, second: string): Promise<[First[], Second[]]> {
    return this.on(async (connection) => (await connection.query(`${first}; ${second}`)).map(({ rows }) => rows) as [First[], Second[]]);
  }

  private async ask<Row>(connection: Connection, { name, text }: PreparedRead, values: readonly unknown[]): Promise<Row[]> {
    const { arePreparedByName } = Sessions.of(this.dataSource);
    return (await connection.query({ ...(arePreparedByName && { name }), text, values })).rows as Row[];
  }

  private async on<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      const connection = await (poolOf(this.dataSource) as unknown as Pool).connect();
      connection.on('error', ignore);
      try {
        return await ask(connection);
      } finally {
        connection.off('error', ignore);
        connection.release();
      }
    } catch (error) {
      throw isDatabaseAway(error) ? serviceUnavailable(error) : error;
    }
  }
}
