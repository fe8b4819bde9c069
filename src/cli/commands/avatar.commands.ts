import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { AvatarSweep, OperatorPicture, type SweepProgress } from '../../modules/avatars/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { addAvatarImport } from './avatar-import.command.js';

interface SweepFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface DefaultFlags {
  readonly none?: boolean;
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

/** `avatars sweep`, `avatars default`, `avatars import`. */
export function addAvatarCommands(program: Command, run: CommandRun): void {
  const { terminal, inService } = run;
  const avatars = program.command('avatars').description('Pictures.');
  addAvatarImport(avatars, run);

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

  addDefaultCommand(avatars, run);
}

function addDefaultCommand(avatars: Command, { terminal, inService }: CommandRun): void {
  avatars
    .command('default [file]')
    .description('the picture of all users who have put none: set it from a file, or see which it is')
    .option('--none', 'back to initials')
    .option('--json', 'its key as JSON')
    .addHelpText('after', '\nShown where AVATAR_DEFAULT is `picture`; once this has ended with 0, no instance shows the one before.')
    .action(async (file: string | undefined, { none, json }: DefaultFlags) => {
      if (file !== undefined && none) throw new UsageError('Either a file or --none.');
      await inService(async ({ context, config }) => {
        const picture = context.get(OperatorPicture);
        if (none) await picture.remove();
        const key = file === undefined ? await picture.current() : await picture.put({ bytes: await readPicture(file, config.avatars.maxBytes), crop: null });
        terminal.result(json ?? false, { key, shown: key !== null && picture.isShown }, [key === null ? 'Users without a picture are shown with their initials.' : `The default picture is ${key}.`]);
        if (key !== null && !picture.isShown) terminal.say('It is not shown: AVATAR_DEFAULT is `initials` here.');
      });
    });
}

/** Not more than may be uploaded: one byte over the limit is enough for its refusal. */
async function readPicture(file: string, maxBytes: number): Promise<Buffer> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new UsageError(`There is no file ${file}.`);
  return found.size > maxBytes ? Buffer.alloc(maxBytes + 1) : readFile(file);
}
