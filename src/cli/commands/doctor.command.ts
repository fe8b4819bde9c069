import type { Command } from 'commander';
import { SystemClock } from '../../kernel/clock/index.js';
import type { CommandRun } from '../command-run.js';
import { examineDatabase } from '../doctor/database.check.js';
import type { Finding } from '../doctor/check.js';
import { examineMail, examineRedis, examineStorage } from '../doctor/store.checks.js';
import { EXIT } from '../exit-codes.js';

const SIGNS = { ok: 'ok      ', warning: 'WARNING ', failure: 'FAILURE ' } as const;

const line = ({ check, status, message, advice }: Finding): string => `${SIGNS[status]} ${check}: ${message}${advice === undefined ? '' : `\n          ${advice}`}`;

/** `doctor`. */
export function addDoctor(program: Command, { terminal, looking }: CommandRun): void {
  program
    .command('doctor')
    .description('look whether everything that the service needs is there and as it should be; changes nothing')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code 1 when there is a failure, 78 when the settings are wrong; warnings alone are 0. May run beside the service, or without it; an embedded database\nthat does not run is started for the moment.')
    .action(({ json }: { readonly json?: boolean }) =>
      looking(async (config) => {
        const clock = new SystemClock();
        const findings = (await Promise.all([examineDatabase(config, clock), examineRedis(config, clock), examineStorage(config), examineMail(config)])).flat();
        const isWell = findings.every(({ status }) => status !== 'failure');
        terminal.result(json ?? false, { healthy: isWell, findings: [{ check: 'settings', status: 'ok', message: 'good' }, ...findings] }, ['ok       settings: good', ...findings.map(line)]);
        return isWell ? EXIT.done : EXIT.refused;
      }),
    );
}
