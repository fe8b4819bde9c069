import type { Command } from 'commander';
import { AppError } from '../../kernel/errors/index.js';
import { UserImport, type CheckedImport, type ImportFault } from '../../modules/users/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT } from '../exit-codes.js';
import { isDamaged, rowsOf, type FileRow } from '../row-file.js';
import { SeenNames } from '../seen-names.js';

interface ImportFlags {
  readonly dryRun?: boolean;
  readonly skipInvalid?: boolean;
  readonly json?: boolean;
}

interface Problem extends ImportFault {
  readonly line: number;
}

interface LinedRow {
  readonly line: number;
  readonly row: CheckedImport;
}

interface Counts {
  rows: number;
  created: number;
  known: number;
  invalid: number;
}

const ROWS_AT_ONCE = 200;
const WRITES_AT_ONCE = 4;

const ABOUT = `
The file is CSV with a head (.csv), a JSON array (.json) or JSON Lines (.jsonl), with the fields ${UserImport.fields.join(', ')}; email and
username are required. passwordHash is argon2id, argon2i, bcrypt, scrypt or PBKDF2, in PHC or the usual modular form (docs/command-line.md); it is made
anew at the first sign-in. Every row is checked before the first is written, and nothing is while one is wrong, unless --skip-invalid is given. An account
that is here already, by externalId or email, stays as it is: a run that was interrupted is simply done again. Exit code 1 when rows are wrong and
--skip-invalid was not given. A CSV file is UTF-8, its fields separated by commas.`;

/** `users import`. */
export function addUserImport(users: Command, run: CommandRun): void {
  users
    .command('import <file>')
    .description('make accounts from a file, with the password hashes of another system')
    .option('--dry-run', 'only check the file, and say what would be done')
    .option('--skip-invalid', 'leave out rows that are wrong, and import the others')
    .option('--json', 'the counts, and all that is wrong, as JSON')
    .addHelpText('after', ABOUT)
    .action((file: string, flags: ImportFlags) => run.inService(({ context }) => importFile(context.get(UserImport), file, flags, run)));
}

async function importFile(users: UserImport, file: string, { dryRun = false, skipInvalid = false, json = false }: ImportFlags, { terminal }: CommandRun): Promise<number> {
  const problems: Problem[] = [];
  const counts: Counts = { rows: 0, created: 0, known: 0, invalid: 0 };
  for await (const rows of newRows(users, file, counts, problems)) {
    counts.created += rows.length;
    terminal.progress(`${counts.rows} rows checked: ${counts.invalid} wrong`);
  }
  const isWritten = !dryRun && (counts.invalid === 0 || skipInvalid);
  if (isWritten) {
    const written: Counts = { rows: 0, created: 0, known: 0, invalid: 0 };
    problems.length = 0;
    for await (const rows of newRows(users, file, written, problems)) {
      await create(users, rows, written, problems);
      terminal.progress(`${written.rows} rows: ${written.created} created, ${written.known} known`);
    }
    Object.assign(counts, written);
  }
  problems.sort((one, other) => one.line - other.line);
  terminal.result(json, { dryRun, written: isWritten, ...counts, problems }, told(counts, problems, isWritten));
  return counts.invalid === 0 || skipInvalid ? EXIT.done : EXIT.refused;
}

/** Rows that are good and of nobody here, page by page; the others are counted, and what is wrong is noted. */
async function* newRows(users: UserImport, file: string, counts: Counts, problems: Problem[]): AsyncGenerator<readonly LinedRow[]> {
  const seen = new SeenNames();
  for await (const page of pagesOf(rowsOf(file, { all: UserImport.fields, required: ['email', 'username'] }))) {
    const good: LinedRow[] = [];
    for (const { line, value } of page) {
      counts.rows += 1;
      const checked = value === null ? [UNREADABLE] : isDamaged(value) ? [NOT_UTF8] : users.check(value);
      const faults = isRow(checked) ? seen.faultsOf(checked, line) : checked;
      if (isRow(checked) && faults.length === 0) good.push({ line, row: checked });
      else note(faults, line, counts, problems);
    }
    const outcomes = good.length === 0 ? [] : await users.outcomesOf(good.map(({ row }) => row));
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome === 'known') counts.known += 1;
      else if (outcome !== 'new') note([outcome], good[at]!.line, counts, problems);
    }
    yield good.filter((_row, at) => outcomes[at] === 'new');
  }
}

async function create(users: UserImport, rows: readonly LinedRow[], counts: Counts, problems: Problem[]): Promise<void> {
  for (let at = 0; at < rows.length; at += WRITES_AT_ONCE) {
    await Promise.all(
      rows.slice(at, at + WRITES_AT_ONCE).map(async ({ line, row }) => {
        try {
          await users.create(row);
          counts.created += 1;
        } catch (error) {
          // Somebody took the name meanwhile. A store that is away stops the run.
          if (!(error instanceof AppError) || error.status >= 500) throw error;
          note([{ field: '', code: error.code, message: error.detail ?? error.code }], line, counts, problems);
        }
      }),
    );
  }
}

const UNREADABLE: ImportFault = { field: '', code: 'row.unreadable', message: 'Not an object, or not as many fields as the head has.' };

const NOT_UTF8: ImportFault = { field: '', code: 'row.not_utf8', message: 'Has bytes that are not UTF-8: save the file as UTF-8, without signs that stand for unreadable ones.' };

const isRow = (checked: CheckedImport | readonly ImportFault[]): checked is CheckedImport => !Array.isArray(checked);

function note(faults: readonly ImportFault[], line: number, counts: Counts, problems: Problem[]): void {
  counts.invalid += 1;
  problems.push(...faults.map(({ field, code, message }) => ({ line, field, code, message })));
}

async function* pagesOf(rows: AsyncIterable<FileRow>): AsyncGenerator<readonly FileRow[]> {
  let page: FileRow[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < ROWS_AT_ONCE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

const told = (counts: Counts, problems: readonly Problem[], isWritten: boolean): string[] => [
  `${counts.rows} rows: ${counts.created} ${isWritten ? 'created' : 'would be created'}, ${counts.known} known, ${counts.invalid} wrong.${isWritten ? '' : ' Nothing was written.'}`,
  ...problems.map(({ line, field, code, message }) => `  line ${line}: ${field === '' ? '' : `${field}: `}${message} (${code})`),
];
