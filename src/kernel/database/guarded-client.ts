import { tracingChannel } from 'node:diagnostics_channel';
import pg from 'pg';
import { STARTUP_PARAMETERS } from './session-settings.js';
import type { Session, Sessions } from './sessions.js';

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

/** What a server reports when it changes (GUC_REPORT, PostgreSQL 14 and later); a pooler passes neither on. */
const READ_ONLY_REPORTS = new Set(['default_transaction_read_only', 'in_hot_standby']);

interface Internals {
  /** What the pool looks at when a client comes back. */
  _queryable: boolean;
  readonly connection: NodeJS.EventEmitter & { readonly stream: { destroy(): void } };
}

type GuardedConfig = pg.ClientConfig & { readonly sessions?: Sessions };

/**
 * A client of the pool that tells no data in its errors, drops a connection whose answer did not come in time, asks for the session settings that
 * results depend on, and knows whether its session can write.
 */
export class GuardedClient extends pg.Client implements Session {
  private readonly readOnlyBy = new Set<string>();

  constructor(config: GuardedConfig) {
    super(config);
    config.sessions?.add(this);
    this.once('end', () => config.sessions?.remove(this));
    this.internals.connection.on('parameterStatus', ({ parameterName: name, parameterValue: value }: { readonly parameterName: string; readonly parameterValue: string }) => {
      if (READ_ONLY_REPORTS.has(name)) this.readOnlyBy[value === 'on' ? 'add' : 'delete'](name);
    });
  }

  get isReadOnly(): boolean {
    return this.readOnlyBy.size > 0;
  }

  retire(): void {
    this.internals._queryable = false;
  }

  /** Overrides a method that the driver leaves undocumented: it sends only the parameters that it knows. */
  getStartupConf(): object {
    const own = (pg.Client.prototype as unknown as { getStartupConf(): object }).getStartupConf.call(this);
    return { ...own, ...STARTUP_PARAMETERS };
  }

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

  private dropConnection(): void {
    this.retire();
    this.internals.connection.stream.destroy();
  }

  private get internals(): Internals {
    return this as unknown as Internals;
  }
}
