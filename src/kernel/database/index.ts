export { afterCommit } from './after-commit.js';
export { DatabaseAwayError, UnsupportedDatabaseError } from './database.errors.js';
export { isDatabaseAway, isReadOnlyRefusal, isUniqueViolation } from './database-fault.js';
