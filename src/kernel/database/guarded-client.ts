import { tracingChannel } from 'node:diagnostics_channel';
import pg from 'pg';

/** Tells who listens of each statement: `{statement}`, its text or its name, never its values. Nobody listening costs one look. */
const STATEMENTS = tracingChannel<object, { readonly statement: string }>('likeness:postgres:statement');

const statementOf = (given: unknown): string =>
  typeof given === 'string' ? given : ((given as { name?: string; text?: string } | null)?.name ?? (given as { text?: string } | null)?.text ?? '');

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
    const ask = (): unknown => (super.query as (...given: unknown[]) => unknown).apply(this, args);
    // With a callback, or a query object of one's own, there is no promise to follow; nothing here asks that way.
    const isHeard = STATEMENTS.hasSubscribers && typeof args.at(-1) !== 'function' && !(args[0] instanceof Object && 'submit' in args[0]);
    const answer = isHeard ? STATEMENTS.tracePromise(ask as () => Promise<unknown>, { statement: statementOf(args[0]) }) : ask();
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
