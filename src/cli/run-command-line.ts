import { CommandLine } from './command-line.js';
import { EXIT } from './exit-codes.js';

const EXIT_LIMIT_MS = 2_000;

/** This process is the command line. */
export async function runCommandLine(): Promise<void> {
  hearOutputFaults();
  process.exitCode = await new CommandLine(process.env).run(process.argv.slice(2));
  // What the service holds open is closed by now; a handle that somebody forgot must not keep an operator waiting.
  setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
}

/** `| head` closes the pipe: what is under way is finished all the same, in silence. What cannot be written otherwise (a full disk) is a fault, and said. */
function hearOutputFaults(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`The result cannot be written: ${code ?? 'unknown'}.\n`);
    process.exit(EXIT.usage);
  });
}
