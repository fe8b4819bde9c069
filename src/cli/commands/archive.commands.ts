import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ArchiveManifest } from '../../kernel/archive/index.js';
import { InstanceExport, InstanceImport } from '../../modules/archive/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT, UsageError } from '../exit-codes.js';

interface ExportFlags {
  readonly replace?: boolean;
  readonly json?: boolean;
}

interface ImportFlags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const ABOUT_EXPORT = `
Accounts with their password hashes, pictures, the default picture, API keys, signing keys, webhooks and audit events, as of one moment; not sessions, so
everybody signs in again where only the archive is restored. It is sealed under MASTER_KEY, without which nobody can read it: keep that apart from it.
May run beside the service. The file has mode 0600. Exit code 1 when pictures that users are shown with are not in the store; the archive is good then, and
shows these users with their initials.`;

const ABOUT_IMPORT = `
Into an instance without users that does not serve at the moment; MASTER_KEY and the release must be those of the export. The whole archive is verified before
anything is written; then all is there, or nothing: a run that was interrupted is simply done again.`;

const told = ({ head, sections }: ArchiveManifest): string[] =>
  [`Of ${head.createdAt}, schema ${head.schema}:`].concat(Object.entries(sections).map(([name, { items, bytes, sha256 }]) => `  ${name}: ${items}, ${bytes} bytes, SHA-256 ${sha256}`));

/** `export`, `import`. */
export function addArchiveCommands(program: Command, run: CommandRun): void {
  addExport(program, run);
  addImport(program, run);
}

function addExport(program: Command, { terminal, inService }: CommandRun): void {
  program
    .command('export <file>')
    .description('write the whole instance into one archive')
    .option('--replace', 'also where there is a file of this name')
    .option('--json', 'the manifest as JSON')
    .addHelpText('after', ABOUT_EXPORT)
    .action(async (file: string, { replace, json }: ExportFlags) => {
      const path = resolve(file);
      if (!replace && existsSync(path)) throw new UsageError(`There is a file ${file} already.`);
      await inService(async ({ context }) => {
        const { manifest, missingPictures } = await context.get(InstanceExport).run({ path, replaces: replace ?? false, onProgress: (text) => terminal.progress(text) });
        const missing = missingPictures.length === 0 ? [] : [`${missingPictures.length} pictures are not in the store:`, ...missingPictures.map((key) => `  ${key}`)];
        terminal.result(json ?? false, { ...manifest, missingPictures }, [...told(manifest), ...missing]);
        return missingPictures.length === 0 ? EXIT.done : EXIT.refused;
      });
    });
}

function addImport(program: Command, { terminal, inService }: CommandRun): void {
  program
    .command('import <file>')
    .description('put the archive of an instance into this one, which is empty')
    .option('--dry-run', 'only verify the archive, and that it can be imported here')
    .option('--json', 'the manifest as JSON')
    .addHelpText('after', ABOUT_IMPORT)
    .action((file: string, { dryRun, json }: ImportFlags) =>
      inService(async ({ context }) => {
        const manifest = await context.get(InstanceImport).run({ path: resolve(file), isDryRun: dryRun ?? false, onProgress: (text) => terminal.progress(text) });
        terminal.result(json ?? false, { dryRun: dryRun ?? false, ...manifest }, [dryRun ? 'Good, and can be imported here; nothing was changed.' : 'Imported.', ...told(manifest)]);
      }),
    );
}
