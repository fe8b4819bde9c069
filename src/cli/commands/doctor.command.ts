import type { Command } from 'commander';
import { SystemClock } from '../../kernel/clock/index.js';
import { configWarnings, type Environment } from '../../kernel/config/index.js';
import type { CommandRun } from '../command-run.js';
import { examineDatabase } from '../doctor/database.check.js';
import { ok, warning, type Finding } from '../doctor/check.js';
import { examineMail, examineRedis, examineStorage } from '../doctor/store.checks.js';
import { EXIT } from '../exit-codes.js';

const SIGNS = { ok: 'ok      ', warning: 'WARNING ', failure: 'FAILURE ' } as const;

const line = ({ check, status, message, advice }: Finding): string => `${SIGNS[status]} ${check}: ${message}${advice === undefined ? '' : `\n          ${advice}`}`;

/** They are good, or nothing would be examined. Missing mail is told by the examination of mail. */
const settingsFindings = (environment: Environment): readonly Finding[] => [
  ok('settings', 'good'),
  ...configWarnings(environment).filter((words) => !words.startsWith('SMTP_URL ')).map((words) => warning('settings', words, 'Set it, or take it out.')),
];

/** `doctor`. */
export function addDoctor(program: Command, { terminal, looking, environment }: CommandRun): void {
  program
    .command('doctor')
    .description('look whether everything that the service needs is there and as it should be; changes nothing')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code 1 when there is a failure, 78 when the settings are wrong; warnings alone are 0. May run beside the service, or without it; an embedded database\nthat does not run is started for the moment.')
    .action(({ json }: { readonly json?: boolean }) =>
      looking(async (config) => {
        const clock = new SystemClock();
        const stores = await Promise.all([examineDatabase(config, clock), examineRedis(config, clock), examineStorage(config), examineMail(config)]);
        const findings = [...settingsFindings(environment), ...stores.flat()];
        const isWell = findings.every(({ status }) => status !== 'failure');
        terminal.result(json ?? false, { healthy: isWell, findings }, findings.map(line));
        return isWell ? EXIT.done : EXIT.refused;
      }),
    );
}
