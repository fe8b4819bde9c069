/** A database that the service cannot start on; the message says why, and what to do. It has no stack: nothing in the code is wrong. */
class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.stack = undefined;
  }
}

/** The database cannot be asked. */
export class DatabaseAwayError extends StartError {
  override readonly name = 'DatabaseAwayError';
}

/** The database is there, and the service cannot use it as it is. */
export class UnsupportedDatabaseError extends StartError {
  override readonly name = 'UnsupportedDatabaseError';
}
