import type { Command } from 'commander';
import { TokenAudit, type AuditReport } from '../../modules/auth/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT } from '../exit-codes.js';
import { addImportOpenIm } from './import-openim.command.js';

const told = (report: AuditReport): string[] => [
  ...report.findings.map(({ fault, record, detail }) => `${fault}  ${record}  ${detail}`),
  ...(report.findingCount > report.findings.length ? [`… and ${report.findingCount - report.findings.length} more`] : []),
  `${report.recordsRead} records read, ${report.findingCount === 0 ? 'nothing found' : `${report.findingCount} found`}.`,
];

/** `tokens audit|import-openim`. */
export function addTokenCommands(program: Command, run: CommandRun): void {
  const tokens = program.command('tokens').description('Sessions and tokens.');

  tokens
    .command('audit')
    .description('look at every record in the store of tokens: keys without expiry, index entries without record, expiries that disagree')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nChanges nothing, and may run beside the service. Exit code 1 when something was found.')
    .action(({ json }: { readonly json?: boolean }) =>
      run.inService(async ({ context }) => {
        const report = await context.get(TokenAudit).run((recordsRead) => run.terminal.progress(`${recordsRead} records read`));
        run.terminal.result(json ?? false, report, told(report));
        return report.findingCount === 0 ? EXIT.done : EXIT.refused;
      }),
    );

  addImportOpenIm(tokens, run);
}
