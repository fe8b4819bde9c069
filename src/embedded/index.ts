export { EmbeddedPostgresError } from './embedded.errors.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
