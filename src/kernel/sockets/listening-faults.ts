import type { Server } from 'node:net';
import { Logger } from '@nestjs/common';

const WORDS_INTERVAL_MS = 10_000;

/**
 * A server that cannot accept a connection (`EMFILE`: as many files are open as may be) emits `error`, again and again. Unheard, the first one would end the
 * process, and anybody can open so many connections. It is told once in ten seconds; the connection waits until there is room.
 */
export const hearListeningFaults = (server: Server, what: string): void => {
  const logger = new Logger('Http');
  let saidAt = -Infinity;
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (!server.listening || performance.now() - saidAt < WORDS_INTERVAL_MS) return;
    saidAt = performance.now();
    logger.warn(`${what} cannot accept a connection (${error.code ?? error.name}); it goes on trying`);
  });
};
