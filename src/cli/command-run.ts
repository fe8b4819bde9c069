import type { AppConfig, Environment } from '../kernel/config/index.js';
import type { Service } from './service-context.js';
import type { Terminal } from './terminal.js';

/** What a command is given: the service behind it, and the terminal before it. */
export interface CommandRun {
  readonly terminal: Terminal;
  /** Runs a command's work in the service; the answer is the exit code, 0 when there is none. */
  readonly inService: (work: (service: Service) => Promise<number | void>) => Promise<void>;
  /** The same without the service, for what has to work when that does not start. */
  readonly withSettings: (work: (config: AppConfig) => Promise<number | void>) => Promise<void>;
  /** The same for who changes nothing: no key, folder or database is made; `database.url` is null where an embedded one is not there yet. */
  readonly looking: (work: (config: AppConfig) => Promise<number | void>) => Promise<void>;
  readonly environment: Environment;
  /** The exit code of a command that asks nobody. */
  readonly exit: (code: number) => void;
}
