import type { Command } from 'commander';
import { SigningKeyLedger, type SigningKeyFacts } from '../../modules/auth/index.js';
import type { CommandRun } from '../command-run.js';

interface JsonOption {
  readonly json?: boolean;
}

const row = ({ kid, state, algorithm, activeFrom, tokensUntil }: SigningKeyFacts): string =>
  `${kid}  ${state.padEnd(9)}  ${algorithm}  signs from ${activeFrom.toISOString()}, its tokens end by ${tokensUntil.toISOString()}`;

/** The facts alone: nothing of the key itself, public or private. */
const shown = ({ kid, state, algorithm, createdAt, activeFrom, tokensUntil, withdrawnAt }: SigningKeyFacts): SigningKeyFacts => ({
  kid, state, algorithm, createdAt, activeFrom, tokensUntil, withdrawnAt,
}); // prettier-ignore

/** `keys list|rotate|withdraw`. */
export function addKeyCommands(program: Command, { terminal, inService }: CommandRun): void {
  const keys = program.command('keys').description('The keys that sign access tokens.');

  keys
    .command('list')
    .description('every key there ever was, youngest first, with its state')
    .option('--json', 'as JSON')
    .action(({ json }: JsonOption) =>
      inService(async ({ context }) => {
        const all = await context.get(SigningKeyLedger).all();
        terminal.result(json ?? false, all.map(shown), all.length === 0 ? ['There is no key yet: the service makes one when it starts.'] : all.map(row));
      }),
    );

  keys
    .command('rotate')
    .description('publish another key now; it signs when SIGNING_KEY_LEAD_SECONDS have passed')
    .option('--json', 'as JSON')
    .action(({ json }: JsonOption) =>
      inService(async ({ context }) => {
        const key = await context.get(SigningKeyLedger).rotate();
        terminal.result(json ?? false, shown(key), [row(key)]);
      }),
    );

  keys
    .command('withdraw <kid>')
    // One key in 64 has a name that begins with a dash (RFC 7638: base64url).
    .allowUnknownOption()
    .allowExcessArguments(false)
    .description('in an emergency: refuse at once all that this key signed; another one signs from now on')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nEvery instance has read it within a minute. Whoever holds a token of this key signs in again, or refreshes.')
    .action((kid: string, { json }: JsonOption) =>
      inService(async ({ context }) => {
        const key = await context.get(SigningKeyLedger).withdraw(kid);
        terminal.result(json ?? false, shown(key), [row(key)]);
      }),
    );
}
