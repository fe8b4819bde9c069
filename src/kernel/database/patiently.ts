import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { databaseFault, isDatabaseAway } from './database-fault.js';
import { DatabaseAwayError } from './database.errors.js';

const ATTEMPTS = 10;
const RETRY_MS = 1_000;

const logger = new Logger('Database');

/** Tries to open the database again while it is away: it may be starting too. One line for each try. Throws `DatabaseAwayError` after the tenth. */
export async function patiently<T>(open: () => Promise<T>, retryMs = RETRY_MS): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (attempt === ATTEMPTS) throw new DatabaseAwayError(`PostgreSQL cannot be used (${databaseFault(error)}). Is DATABASE_URL right?`, { cause: error });
      logger.warn(`PostgreSQL cannot be used (${databaseFault(error)}); trying again, ${attempt} of ${ATTEMPTS}`);
      await sleep(retryMs);
    }
  }
}
