export { isDatabaseAway, isUniqueViolation } from './database-fault.js';
export { DatabaseModule } from './database.module.js';
export { dataSourceOptions } from './data-source-options.js';
export { HourlyPruner } from './hourly-pruner.js';
export { loadMigrations, migrationFiles } from './migration-files.js';
export { withMigrator } from './own-connections.js';
export { Migrator } from './migrator.js';
export { PreparedReads, type PreparedRead } from './prepared-reads.js';
export { Transactions, type PreparedWrite } from './transactions.js';
