import pg from 'pg';

interface DriverError extends Error {
  code?: string;
  detail?: string;
  where?: string;
  severity?: string;
  parameters?: unknown;
}

/**
 * Errors of the driver quote the row (`Key (email)=(…) already exists`) and are logged as causes: what they quote goes.
 * TypeORM copies the error's own fields over its own, so `parameters` set here is what its error carries.
 */
function withoutData(error: DriverError): void {
  delete error.detail;
  delete error.where;
  error.parameters = [];
  error.message = error.message.replace(/: ".*"/s, '');
}

/** A client of the pool that tells no data in its errors, and drops a connection whose answer did not come in time. */
export class GuardedClient extends pg.Client {
  // The driver has eight overloads of `query`; this one stands for all.
  override query(...args: unknown[]): never {
    const answer: unknown = (super.query as (...given: unknown[]) => unknown).apply(this, args);
    if (answer instanceof Promise) {
      return answer.catch((error: DriverError) => {
        withoutData(error);
        // Behind an answer that is late everything else would wait too; and after FATAL the server hangs up, but the pool would hand it out until then.
        if (error.message === 'Query read timeout' || error.severity === 'FATAL') this.dropConnection();
        throw error;
      }) as never;
    }
    return answer as never;
  }

  /** `_queryable` is what the pool looks at when a client comes back. */
  private dropConnection(): void {
    const internals = this as unknown as { _queryable: boolean; connection: { stream: { destroy(): void } } };
    internals._queryable = false;
    internals.connection.stream.destroy();
  }
}
