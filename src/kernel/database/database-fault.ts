/** What a driver error says about itself. `code` is an SQLSTATE (from the server) or an errno name (from the socket). */
interface DriverFault {
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly message?: unknown;
  readonly driverError?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

const SOCKET_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ENOENT', 'EACCES', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN',
  'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE',
]); // prettier-ignore

/**
 * SQLSTATE (PostgreSQL, appendix A) of what has nothing to do with the statement: connection exceptions, refused logins, no such database, read-only
 * (a replica after a failover), deadlock and serialisation failure, insufficient resources, lock and statement timeouts, shutdown, I/O errors.
 */
const AWAY_STATES = /^(08...|28...|3D000|25006|40001|40P01|53...|55P03|57014|57P0.|58...)$/;

/** After these the server may have committed before it went. */
const LOST_STATES = /^(08...|57P0.|58...)$/;

const AWAY_MESSAGES =
  /^(Connection terminated|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after|Driver not Connected|Query cannot be executed because the connection|The server does not support SSL)/i;

/** The error itself and everything it wraps. */
function* chain(error: unknown, depth = 0): Generator<DriverFault> {
  if (typeof error !== 'object' || error === null || depth > 5) return;
  const fault = error as DriverFault;
  yield fault;
  yield* chain(fault.driverError, depth + 1);
  yield* chain(fault.cause, depth + 1);
  if (Array.isArray(fault.errors)) for (const inner of fault.errors) yield* chain(inner, depth + 1);
}

const isSqlState = (code: unknown): code is string => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.has(code);

const isFromSocket = (fault: DriverFault): boolean =>
  (typeof fault.code === 'string' && SOCKET_CODES.has(fault.code) && 'syscall' in fault) || (typeof fault.message === 'string' && AWAY_MESSAGES.test(fault.message));

/** Whether the database could not be asked (away, starting, read-only, overloaded), as opposed to having refused the statement. */
export function isDatabaseAway(error: unknown): boolean {
  for (const fault of chain(error)) {
    if (isSqlState(fault.code) ? AWAY_STATES.test(fault.code) : isFromSocket(fault)) return true;
  }
  return false;
}

/** Whether the session or the server takes no writes: a replica, or `default_transaction_read_only`. */
export function isReadOnlyRefusal(error: unknown): boolean {
  for (const fault of chain(error)) if (fault.code === '25006') return true;
  return false;
}

/** What the server or the socket said, as a word or a sentence without data; for messages about the start. */
export function databaseFault(error: unknown): string {
  for (const fault of chain(error)) {
    if (isSqlState(fault.code)) return `${String(fault.message).replace(/\.$/, '')}, ${fault.code}`;
    if (typeof fault.code === 'string') return fault.code;
  }
  return error instanceof Error ? error.message : 'no code';
}

/** Whether the server's answer to the statement was lost, so that it may or may not have been carried out. */
export function isAnswerLost(error: unknown): boolean {
  for (const fault of chain(error)) {
    if (isSqlState(fault.code)) return LOST_STATES.test(fault.code);
  }
  return true;
}

/** Whether the connection went, before or instead of an answer. A new one may find the server, or the one that has taken over. */
export function isConnectionLost(error: unknown): boolean {
  for (const fault of chain(error)) {
    if (isSqlState(fault.code) ? /^(08...|57P0[123])$/.test(fault.code) : isFromSocket(fault) && !/time-?out/i.test(String(fault.message))) return true;
  }
  return false;
}

/** Whether a unique constraint or index of this name refused the row. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  for (const fault of chain(error)) {
    if (fault.code === '23505' && fault.constraint === constraint) return true;
  }
  return false;
}
