import { CommanderError } from 'commander';
import { EmbeddedPostgresError } from '../embedded/index.js';
import { ArchiveFileFault, ArchiveRefused } from '../kernel/archive/index.js';
import { ConfigError } from '../kernel/config/index.js';
import { DatabaseAwayError, UnsupportedDatabaseError } from '../kernel/database/index.js';
import { AppError } from '../kernel/errors/index.js';

export const EXIT = {
  done: 0,
  /** Refused, or done with findings. */
  refused: 1,
  /** Not understood, or a file that was named cannot be read or written. */
  usage: 2,
  /** EX_UNAVAILABLE of sysexits.h: a store cannot be reached. */
  unavailable: 69,
  /** EX_SOFTWARE. */
  fault: 70,
  /** EX_CONFIG. */
  configuration: 78,
} as const;

/** What was asked for in a way that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const ofAppError = (error: AppError): [number, string] => {
  const fields = (error.errors ?? []).map((fault) => `\n  - ${fault.field}: ${fault.message}`).join('');
  return [error.status === 503 ? EXIT.unavailable : EXIT.refused, `${error.detail ?? error.message} (${error.code})${fields}`];
};

/** The exit code and what to say on the standard error; an empty text when all is said. */
export const failureOf = (error: unknown): [code: number, text: string] => {
  if (error instanceof CommanderError) return [error.exitCode === 0 ? EXIT.done : EXIT.usage, ''];
  if (error instanceof UsageError || error instanceof ArchiveFileFault) return [EXIT.usage, error.message];
  if (error instanceof DatabaseAwayError) return [EXIT.unavailable, error.message];
  if (error instanceof UnsupportedDatabaseError) return [EXIT.configuration, error.message];
  if (error instanceof ConfigError) return [EXIT.configuration, error.message];
  if (error instanceof EmbeddedPostgresError) return [EXIT.unavailable, error.message];
  if (error instanceof ArchiveRefused) return [EXIT.refused, error.message];
  if (error instanceof AppError) return ofAppError(error);
  const fault = error as NodeJS.ErrnoException;
  const isAway = typeof fault?.syscall === 'string' || /^(Connection|connect |Reached the max retries)/.test(fault?.message ?? '');
  return [isAway ? EXIT.unavailable : EXIT.fault, error instanceof Error ? error.message : String(error)];
};
