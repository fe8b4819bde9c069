import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../src/cli/command-line.js';
import type { SettingName } from '../../src/kernel/config/index.js';

const MAIN = fileURLToPath(new URL('../../dist/bundle/cli.js', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Parsed standard output. */
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look where they expect something
}

type Settings = Partial<Record<SettingName, string>>;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const environmentOf = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, NODE_ENV: 'test', MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), ...settings,
});

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** The command line with these settings alone, in this process: most of a command's time is the start of its own. Its log is the process's. */
export async function command(settings: Settings, args: readonly string[], input = ''): Promise<CommandResult> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const code = await new CommandLine(environmentOf(settings), { stdin: Readable.from([input]), stdout, stderr }).run(args);
  return { code, stdout: stdout.text, stderr: stderr.text, json: parsed(stdout.text) };
}

/** The same, built, as a process of its own, as an operator has it. */
export async function commandProcess(settings: Settings, args: readonly string[], input = ''): Promise<CommandResult> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environmentOf(settings), stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, json: parsed(stdout) };
}
