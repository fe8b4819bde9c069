import { Command } from 'commander';
import { packageVersion } from '../app/index.js';
import type { Environment } from '../kernel/config/index.js';
import { failureOf, EXIT } from './exit-codes.js';
import { addArchiveCommands } from './commands/archive.commands.js';
import { addAvatarCommands } from './commands/avatar.commands.js';
import { addConfigCommands } from './commands/config.commands.js';
import { addDoctor } from './commands/doctor.command.js';
import { addKeyCommands } from './commands/key.commands.js';
import { addMigrate } from './commands/migrate.command.js';
import { addTokenCommands } from './commands/token.commands.js';
import { addUserCommands } from './commands/user.commands.js';
import type { CommandRun } from './command-run.js';
import { withService, withSettings, withSettingsToLook } from './service-context.js';
import { Terminal, type Streams } from './terminal.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 refused or done with findings, 2 not understood or a file that cannot be read or written, 69 a store cannot be reached, 70 a fault, 78 a wrong configuration.
Settings come from the environment, as for the service (.env.example).`;

/** The command line of the service. */
export class CommandLine {
  private readonly terminal: Terminal;
  private code: number = EXIT.done;

  constructor(
    private readonly environment: Environment,
    private readonly streams: Streams = process,
  ) {
    this.terminal = new Terminal(streams);
  }

  /** Answers the exit code. */
  async run(args: readonly string[]): Promise<number> {
    try {
      await this.program().parseAsync(args, { from: 'user' });
      return this.code;
    } catch (error) {
      const [code, text] = failureOf(error);
      if (text !== '') this.terminal.say(text);
      return code;
    }
  }

  /** All commands, for who wants to know which there are. */
  program(): Command {
    const program = new Command('likeness').description('The command line of the service.').addHelpText('after', EXIT_CODES).exitOverride();
    program.version(packageVersion(), '-V, --version', 'print the version');
    program.configureOutput({ writeOut: (text) => this.streams.stdout.write(text), writeErr: (text) => this.streams.stderr.write(text) });
    program.configureHelp({ showGlobalOptions: true }).showSuggestionAfterError();
    const run: CommandRun = {
      terminal: this.terminal,
      inService: async (work) => {
        this.code = (await withService(this.environment, work)) ?? EXIT.done;
      },
      withSettings: async (work) => {
        this.code = (await withSettings(this.environment, work)) ?? EXIT.done;
      },
      looking: async (work) => {
        this.code = (await withSettingsToLook(this.environment, work)) ?? EXIT.done;
      },
      environment: this.environment,
      exit: (code) => {
        this.code = code;
      },
    };
    addArchiveCommands(program, run);
    addAvatarCommands(program, run);
    addConfigCommands(program, run);
    addDoctor(program, run);
    addKeyCommands(program, run);
    addMigrate(program, run);
    addTokenCommands(program, run);
    addUserCommands(program, run);
    return program;
  }
}
