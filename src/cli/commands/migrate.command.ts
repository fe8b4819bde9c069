import type { Command } from 'commander';
import { withMigrator } from '../../kernel/database/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT } from '../exit-codes.js';

interface MigrateFlags {
  readonly status?: boolean;
  readonly json?: boolean;
}

/** `migrate`. */
export function addMigrate(program: Command, { terminal, withSettings }: CommandRun): void {
  program
    .command('migrate')
    .description('bring the schema of the database up to date, under the lock that instances take too')
    .option('--status', 'only say which migrations are pending; exit code 1 when there are any')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nFor MIGRATE_ON_START=off: run it as the owner of the tables, before the instances of the new release start. Statements may take as long as they need.')
    .action(({ status = false, json }: MigrateFlags) =>
      withSettings(({ database }) =>
        withMigrator(database, async (migrator) => {
          await migrator.requireSupportedServer();
          const pending = await migrator.pending();
          if (!status && pending.length > 0) {
            terminal.say(`Applying ${pending.length} migrations.`);
            await migrator.run();
          }
          const left = status ? pending : await migrator.pending();
          const applied = pending.filter((name) => !left.includes(name));
          const lines = status ? pending.map((name) => `pending: ${name}`) : applied.map((name) => `applied: ${name}`);
          terminal.result(json ?? false, { latest: migrator.latest(), applied, pending: left }, lines.length > 0 ? lines : ['The schema is up to date.']);
          return left.length === 0 ? EXIT.done : EXIT.refused;
        }),
      ),
    );
}
