import type { Command } from 'commander';
import { ConfigError, configWarnings, loadConfig, type AppConfig, type Environment } from '../../kernel/config/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT } from '../exit-codes.js';
import { isKeyGiven, isKeyKept, withoutMakingKey } from '../kept-key.js';

const REDIS_KINDS = { standalone: 'Redis', sentinel: 'Redis (Sentinel)', cluster: 'Redis Cluster' } as const;

/** `config check`. */
export function addConfigCommands(program: Command, { terminal, environment, exit }: CommandRun): void {
  program
    .command('config')
    .description('The settings.')
    .command('check')
    .description('read all settings, and say everything that is wrong with them, or what the service would use; asks no store')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nNever shows a value. Exit code 78 when something is wrong.')
    .action(({ json }: { readonly json?: boolean }) => {
      const warnings = configWarnings(environment);
      const told = warnings.length === 0 ? [] : ['Warnings:', ...warnings.map((warning) => `  - ${warning}`)];
      try {
        const adapters = adaptersOf(loadConfig(withoutMakingKey(environment)), environment);
        const lines = Object.entries(adapters).map(([name, adapter]) => `  ${name.padEnd(9)} ${adapter}`);
        terminal.result(json ?? false, { valid: true, faults: [], warnings, adapters }, ['The configuration is good. The service would use:', ...lines, ...told]);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        terminal.result(json ?? false, { valid: false, faults: error.faults, warnings, adapters: null }, [error.message, ...told]);
        exit(EXIT.configuration);
      }
    });
}

function adaptersOf(config: AppConfig, environment: Environment): Record<string, string> {
  const redis = config.redis && REDIS_KINDS[config.redis.kind];
  const kept = isKeyKept(environment) ? 'kept in the data folder' : 'made at the first start, and kept in the data folder';
  return {
    database: config.isEmbedded ? 'PostgreSQL, embedded in the data folder' : 'PostgreSQL at DATABASE_URL',
    tokens: redis ?? 'PostgreSQL',
    userCache: redis ?? 'none',
    events: redis ? `across instances, over ${redis}` : 'in process',
    pictures: config.storage.kind === 's3' ? 'S3' : 'files in the data folder',
    mail: config.mail.smtpUrl === null ? 'files in the data folder' : 'SMTP',
    masterKey: isKeyGiven(environment) ? 'given' : kept,
  };
}
