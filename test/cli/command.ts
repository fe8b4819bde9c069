import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SettingName } from '../../src/kernel/config/index.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Parsed standard output. */
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look where they expect something
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The built command line as a process of its own, with these settings alone. */
export async function command(settings: Partial<Record<SettingName, string>>, args: readonly string[], input = ''): Promise<CommandResult> {
  const base = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, NODE_ENV: 'test', MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...base, ...settings }, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, json: parsed(stdout) };
}
