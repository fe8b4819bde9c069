import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { noCounts, OpenImImport, OpenImSource, type ImportCounts, type ImportOptions } from '../../modules/auth/index.js';
import type { CommandRun } from '../command-run.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { ImportCheckpoint } from '../import-checkpoint.js';
import type { Service } from '../service-context.js';

interface ImportFlags {
  readonly redis: string;
  readonly secret?: string;
  readonly dryRun?: boolean;
  readonly delete?: boolean;
  readonly resume?: boolean;
  readonly createUsers?: boolean;
  readonly json?: boolean;
}

const ABOUT = `
Reads the hashes UID_PID_TOKEN_STATUS:<userID>:<PlatformName>, verifies each token (HS256), and brings it over with its own remaining
lifetime and state: what was kicked there is evicted here. Users are found by externalId. MiniWeb becomes web, Admin becomes other.
Doing it again changes nothing but what was kicked there meanwhile. A run that was interrupted goes on with --resume.
Of a cluster, run it once for each master. The exit code is 1 when entries were left out (invalid, or of users that are not here).`;

/** `tokens import-openim`. */
export function addImportOpenIm(tokens: Command, run: CommandRun): void {
  tokens
    .command('import-openim')
    .description('bring the tokens of an OpenIM server over')
    .requiredOption('--redis <url>', 'the Redis of the old server')
    .addOption(new Option('--secret <secret>', 'the secret of its tokens; better in LEGACY_TOKENS_SECRET, where no other process reads it'))
    .option('--create-users', 'make the users that are not here: without a password, with a placeholder for an address')
    .option('--dry-run', 'only say what would be done')
    .option('--delete', 'remove from the old server what was brought over, is known here, or has expired')
    .option('--resume', 'go on where the last run from this server was interrupted')
    .option('--json', 'the counts as JSON')
    .addHelpText('after', ABOUT)
    .action((flags: ImportFlags) => run.inService((service) => importFrom(service, flags, run)));
}

async function importFrom({ config, context }: Service, flags: ImportFlags, { terminal }: CommandRun): Promise<number> {
  const secret = flags.secret ?? config.tokens.legacySecret;
  if (!secret) throw new UsageError('The secret of the old tokens is needed: LEGACY_TOKENS_SECRET, or --secret.');
  if (!/^rediss?:\/\//.test(flags.redis)) throw new UsageError('--redis wants a URL: redis://host:port/0');
  const options: ImportOptions = { secret, isDryRun: flags.dryRun ?? false, createsUsers: flags.createUsers ?? false, deletes: flags.delete ?? false };
  const checkpoint = options.isDryRun ? null : new ImportCheckpoint(join(config.dataDir, 'import-openim.json'), flags.redis);
  const source = await OpenImSource.open(flags.redis);
  try {
    const from = (flags.resume && checkpoint?.read()) || { cursor: '0', counts: noCounts() };
    if (from.cursor !== '0') terminal.say(`Going on after ${from.counts.hashes} hashes.`);
    const counts = await allPages(context.get(OpenImImport), source, from, options, (cursor, sum) => {
      if (cursor !== '0') checkpoint?.write({ cursor, counts: sum });
      terminal.progress(`${sum.hashes} hashes: ${sum.live} live, ${sum.kicked} kicked, ${sum.known} known, ${sum.expired} expired`);
    });
    checkpoint?.clear();
    terminal.result(flags.json ?? false, { dryRun: options.isDryRun, ...counts }, told(counts, options));
    return leftOut(counts) === 0 ? EXIT.done : EXIT.refused;
  } finally {
    source.close();
  }
}

async function allPages(
  importer: OpenImImport,
  source: OpenImSource,
  from: { readonly cursor: string; readonly counts: ImportCounts },
  options: ImportOptions,
  onPage: (cursor: string, counts: ImportCounts) => void,
): Promise<ImportCounts> {
  const counts = { ...from.counts };
  let { cursor } = from;
  do {
    cursor = await importer.page(source, cursor, options, counts);
    onPage(cursor, counts);
  } while (cursor !== '0');
  return counts;
}

const leftOut = (counts: ImportCounts): number => counts.invalid + counts.userUnknown + counts.userDisabled + counts.userRefused;

const told = (counts: ImportCounts, { isDryRun }: ImportOptions): string[] => [
  ...(isDryRun ? ['Nothing was changed; this is what would be done:'] : []),
  `${counts.live} tokens brought over live, ${counts.kicked} kicked; ${counts.known} were known, ${counts.expired} have expired.`,
  `${counts.usersCreated} users made; ${counts.deleted} entries deleted there.`,
  `Left out: ${counts.invalid} invalid, ${counts.userUnknown} of unknown users, ${counts.userDisabled} of disabled ones, ${counts.userRefused} whose id cannot be kept.`,
];
