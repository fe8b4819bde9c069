import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../kernel/config/index.js';
import { actingRequests, requestIds } from '../kernel/http/index.js';
import { activeTrace } from '../kernel/tracing/index.js';

/** Of lines that could not be written yet; what comes on top of that is lost. */
const MAX_BUFFERED_BYTES = 1_048_576;
const STANDARD_OUTPUT = 1;
const STARTUP_CONTEXTS = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** On whose behalf something is logged, where that is known: a request that changes something, and the trace. */
const surroundings = (): object => {
  const request = actingRequests.current;
  const { traceId, spanId } = activeTrace() ?? {};
  return { ...(request && requestIds(request)), ...(traceId !== undefined && { traceId, spanId }) };
};

/** Nest's log as JSON lines on the standard output. What may stand in a line is decided by who writes it: codes and ids, never personal data. */
export class JsonLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(level: LogLevel, destination?: DestinationStream) {
    const options = {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
      mixin: surroundings,
    };
    this.pino = pino(options, destination ?? standardStream(STANDARD_OUTPUT));
  }

  log(message: unknown, ...rest: unknown[]): void {
    // Nest tells of each module and route as it starts: of use to whoever debugs the wiring, noise to everybody else.
    this.write(STARTUP_CONTEXTS.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest gives the context last, and for an error its stack before that. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const texts = rest.filter((item): item is string => typeof item === 'string');
    const context = texts.at(-1);
    const stack = texts.length > 1 ? texts[0] : undefined;
    const facts = { ...(context !== undefined && { context }), ...factsOf(message), ...(stack !== undefined && { stack }) };
    if (typeof message === 'object' && message !== null) this.pino[level](facts);
    else this.pino[level](facts, String(message));
  }
}

/** A line that cannot be written (a full disk, a closed pipe) is lost; unheard, the error would end the process. */
export const standardStream = (dest: 1 | 2): DestinationStream => pino.destination({ dest, sync: true, maxLength: MAX_BUFFERED_BYTES }).on('error', () => undefined);

const factsOf = (message: unknown): object => {
  if (message instanceof Error) return { msg: message.message, stack: message.stack };
  return typeof message === 'object' && message !== null ? message : {};
};
