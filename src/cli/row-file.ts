import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { extname } from 'node:path';
import { parse, type CsvError, type Info } from 'csv-parse';
import { UsageError } from './exit-codes.js';

/** One row of a file, and where it stands: its line, or in a JSON array its number. */
export interface FileRow {
  readonly line: number;
  /** Null: it cannot be read. */
  readonly value: Readonly<Record<string, unknown>> | null;
}

/** What a row may have, and what it must have. */
export interface FileFields {
  readonly all: readonly string[];
  readonly required: readonly string[];
}

const MAX_ROW_BYTES = 65_536;
/** An array has to be read whole; JSON Lines need not. */
const MAX_ARRAY_BYTES = 64 * 1024 * 1024;

/** The rows of a CSV file with a head that names some of `fields`, the `required` ones among them, a JSON array or JSON Lines, by the ending of its name. */
export function rowsOf(path: string, fields: FileFields): AsyncIterable<FileRow> {
  const readers: Record<string, (path: string, fields: FileFields) => AsyncIterable<FileRow>> = { '.csv': csvRows, '.json': arrayRows, '.jsonl': lineRows, '.ndjson': lineRows };
  const reader = readers[extname(path).toLowerCase()];
  if (!reader) throw new UsageError('The name of the file ends in .csv, .json (an array), or .jsonl (an object a line).');
  return reader(path, fields);
}

async function* csvRows(path: string, fields: FileFields): AsyncGenerator<FileRow> {
  const parser = parse({ columns: (head: string[]) => checkedHead(head, fields), bom: true, info: true, skip_empty_lines: true, trim: true, relax_column_count: true, max_record_size: MAX_ROW_BYTES });
  const source = createReadStream(path).on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<{ record: Record<string, string>; info: Info & { error?: CsvError } }>) {
      yield { line: info.lines, value: info.error === undefined ? record : null };
    }
  } catch (error) {
    throw unreadable(error);
  }
}

/** Throws when rows could not be told apart by it. Names that are not ours are not repeated: without a head they would be somebody's data. */
function checkedHead(head: string[], { all, required }: FileFields): string[] {
  if (required.every((name) => head.includes(name))) return head;
  const expected = `The first line names the fields, separated by commas: ${all.join(', ')}. Needed are ${required.join(' and ')}.`;
  const misspelt = head.flatMap((name) => all.filter((field) => field !== name && field.toLowerCase() === name.toLowerCase()).map((field) => `${field} instead of ${name}`));
  const [only = ''] = head;
  if (head.length === 1 && /[;\t|]/.test(only)) throw new UsageError(`${expected} In this file ${only.includes(';') ? 'semicolons' : 'other signs'} separate them.`);
  throw new UsageError(misspelt.length > 0 ? `${expected} Write ${misspelt.join(', ')}.` : expected);
}

async function* lineRows(path: string): AsyncGenerator<FileRow> {
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() !== '') yield { line, value: text.length > MAX_ROW_BYTES ? null : objectOf(() => JSON.parse(text)) };
    }
  } catch (error) {
    throw unreadable(error);
  }
}

async function* arrayRows(path: string): AsyncGenerator<FileRow> {
  let rows: unknown;
  try {
    if ((await stat(path)).size > MAX_ARRAY_BYTES) throw new UsageError('The array is too large to be read whole: write one object a line, into a file that ends in .jsonl.');
    rows = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw unreadable(error);
  }
  if (!Array.isArray(rows)) throw new UsageError('The file is JSON, but not an array.');
  for (const [at, row] of rows.entries()) yield { line: at + 1, value: objectOf(() => row as unknown) };
}

/** Where bytes were not UTF-8, Node.js has put U+FFFD. */
export const isDamaged = (value: Readonly<Record<string, unknown>>): boolean => JSON.stringify(value).includes('\ufffd');

function objectOf(read: () => unknown): Record<string, unknown> | null {
  try {
    const value = read();
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What is in the file is not repeated: there may be hashes in it. */
function unreadable(error: unknown): Error {
  if (error instanceof UsageError) return error;
  const { code, lines } = error as { code?: string; lines?: number };
  return new UsageError(`The file cannot be read${lines === undefined ? '' : ` (line ${lines})`}: ${code ?? 'it is not what its name says'}`);
}
