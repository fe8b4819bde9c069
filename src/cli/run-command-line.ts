import { CommandLine } from './command-line.js';

const EXIT_LIMIT_MS = 2_000;

/** This process is the command line. */
export async function runCommandLine(): Promise<void> {
  process.exitCode = await new CommandLine(process.env).run(process.argv.slice(2));
  // What the service holds open is closed by now; a handle that somebody forgot must not keep an operator waiting.
  setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
}
