import type { Service } from './service-context.js';
import type { Terminal } from './terminal.js';

/** What a command is given: the service behind it, and the terminal before it. */
export interface CommandRun {
  readonly terminal: Terminal;
  /** Runs a command's work in the service; the answer is the exit code, 0 when there is none. */
  readonly inService: (work: (service: Service) => Promise<number | void>) => Promise<void>;
}
