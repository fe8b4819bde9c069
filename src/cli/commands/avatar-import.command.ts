import { lstat, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../kernel/errors/index.js';
import { PictureImport, type ImportOutcome } from '../../modules/avatars/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT, UsageError } from '../exit-codes.js';
import type { Service } from '../service-context.js';

interface ImportFlags {
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly json?: boolean;
}

type Counts = Record<ImportOutcome | 'refused' | 'unknown' | 'ignored', number> & { files: number };

interface Problem {
  readonly file: string;
  readonly code: string;
}

const PICTURE_NAME = /^(.+)\.(?:jpe?g|png|webp|gif|avif)$/i;
const MAX_PROBLEMS_TOLD = 100;

const ABOUT = `
A file is somebody's by its name: <id, external id, email or username>.<jpg, jpeg, png, webp, gif or avif>, so that the folder of profile pictures of
Pocket-ID can be taken as it is. Who has uploaded a picture keeps it, unless --replace is given; so a run that was interrupted is simply done again.
The exit code is 1 when files were left out (refused, or of nobody here).`;

/** `avatars import`. */
export function addAvatarImport(avatars: Command, run: CommandRun): void {
  avatars
    .command('import <folder>')
    .description('bring pictures over that are named by user')
    .option('--dry-run', 'only say what would be done; nothing is decoded')
    .option('--replace', 'also where the user has uploaded a picture')
    .option('--json', 'the counts as JSON')
    .addHelpText('after', ABOUT)
    .action((folder: string, flags: ImportFlags) => run.inService((service) => importFolder(service, folder, flags, run)));
}

async function importFolder({ config, context }: Service, folder: string, flags: ImportFlags, { terminal }: CommandRun): Promise<number> {
  const names = await namesIn(folder);
  const pictures = context.get(PictureImport);
  const counts: Counts = { files: names.length, imported: 0, unchanged: 0, kept: 0, refused: 0, unknown: 0, ignored: 0 };
  const problems: Problem[] = [];
  for (const [at, file] of names.entries()) {
    const { outcome, code } = await importFile(pictures, join(folder, file), file, { ...flags, maxBytes: config.avatars.maxBytes });
    counts[outcome] += 1;
    if (code !== undefined && problems.length < MAX_PROBLEMS_TOLD) problems.push({ file, code });
    terminal.progress(`${at + 1} of ${names.length} files: ${counts.imported} imported, ${counts.kept} kept, ${counts.refused} refused, ${counts.unknown} of nobody`);
  }
  terminal.result(flags.json ?? false, { dryRun: flags.dryRun ?? false, ...counts, problems }, told(counts, problems, flags.dryRun ?? false));
  return counts.refused + counts.unknown === 0 ? EXIT.done : EXIT.refused;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    throw new UsageError(`The folder cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

interface FileOutcome {
  readonly outcome: Exclude<keyof Counts, 'files'>;
  readonly code?: string;
}

async function importFile(pictures: PictureImport, path: string, file: string, { dryRun = false, replace = false, maxBytes }: ImportFlags & { readonly maxBytes: number }): Promise<FileOutcome> {
  const name = PICTURE_NAME.exec(file)?.[1];
  const found = await lstat(path);
  if (name === undefined || !found.isFile()) return { outcome: 'ignored' };
  const target = await pictures.targetNamed(name);
  if (!target) return { outcome: 'unknown', code: 'user.not_found' };
  if (!replace && target.hasUpload) return { outcome: 'kept' };
  if (found.size > maxBytes) return { outcome: 'refused', code: 'avatar.too_large' };
  if (dryRun) return { outcome: 'imported' };
  try {
    return { outcome: await pictures.fromBytes(target, await readFile(path), replace) };
  } catch (error) {
    // A store that is away stops the run; a picture that is no good does not.
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    return { outcome: 'refused', code: error.code };
  }
}

const told = (counts: Counts, problems: readonly Problem[], isDryRun: boolean): string[] => [
  ...(isDryRun ? ['Nothing was changed; this is what would be done:'] : []),
  `${counts.files} files: ${counts.imported} imported, ${counts.unchanged} unchanged, ${counts.kept} kept what was uploaded, ${counts.ignored} ignored.`,
  `Left out: ${counts.refused} refused, ${counts.unknown} of nobody here.`,
  ...problems.map(({ file, code }) => `  ${file}: ${code}`),
];
