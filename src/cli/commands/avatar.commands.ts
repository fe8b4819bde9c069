import type { Command } from 'commander';
import { AvatarSweep, type SweepProgress } from '../../modules/avatars/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT } from '../exit-codes.js';

interface SweepFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const counted = ({ examined, superseded, orphans, generated, leftovers }: SweepProgress): string =>
  `${examined} names looked at: ${superseded} superseded, ${orphans} orphaned, ${generated} generated for nobody, ${leftovers} unfinished`;

const told = (report: SweepProgress): string[] => [
  `${counted(report)}${report.dryRun ? '; nothing was removed' : ', removed'}.`,
  ...(report.foreign > 0 ? [`${report.foreign} objects are not ours, and were left alone.`] : []),
  ...(report.failed > 0 ? [`${report.failed} could not be dealt with; the next sweep tries again.`] : []),
  ...(report.missing > 0 ? [`${report.missing} pictures that users are shown with are not in the store:`, ...report.missingKeys.map((key) => `  ${key}`)] : []),
];

/** `avatars sweep`. */
export function addAvatarCommands(program: Command, { terminal, inService }: CommandRun): void {
  const avatars = program.command('avatars').description('Pictures.');

  avatars
    .command('sweep')
    .description('remove pictures that nobody is shown with any more, and find those that are missing')
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'the counts as JSON')
    .addHelpText('after', '\nSafe beside running uploads; may be interrupted. Exit code 1 when pictures are missing, or something could not be dealt with.')
    .action(({ dryRun, json }: SweepFlags) =>
      inService(async ({ context }) => {
        const onProgress = (progress: SweepProgress): void => terminal.progress(`${progress.phase}: ${counted(progress)}`);
        const report = await context.get(AvatarSweep).run({ dryRun: dryRun ?? false, onProgress });
        terminal.result(json ?? false, report, told(report));
        return report.missing + report.failed === 0 ? EXIT.done : EXIT.refused;
      }),
    );
}
