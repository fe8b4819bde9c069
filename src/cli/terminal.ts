import { createInterface } from 'node:readline/promises';
import { Writable, type Readable } from 'node:stream';
import { UsageError } from './exit-codes.js';

const PROGRESS_INTERVAL_MS = 1_000;
const MAX_INPUT_BYTES = 65_536;

/** What a process has, or what stands in for it. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Results go to the standard output, everything else to the standard error, so that a pipe sees results alone. */
export class Terminal {
  private lastProgressMs = -Infinity;

  constructor(private readonly streams: Streams) {}

  /** `lines` for people, or `data` as JSON. */
  result(isJson: boolean, data: unknown, lines: readonly string[]): void {
    const text = isJson ? JSON.stringify(data, null, 2) : lines.join('\n');
    if (text !== '') this.line(text);
  }

  /** One of many results. */
  line(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  say(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** At most one line a second. */
  progress(text: string): void {
    const now = performance.now();
    if (now - this.lastProgressMs < PROGRESS_INTERVAL_MS) return;
    this.lastProgressMs = now;
    this.say(text);
  }

  /** From the keyboard, unseen and twice, or the first line of the standard input; never from the arguments, which every process can read. */
  async newPassword(): Promise<string> {
    if (!this.streams.stdin.isTTY) return this.firstLine();
    const password = await this.unseen('Password: ');
    if (password !== (await this.unseen('Once more: '))) throw new UsageError('The passwords differ.');
    return password;
  }

  private async unseen(prompt: string): Promise<string> {
    const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
    const reader = createInterface({ input: this.streams.stdin, output: silence, terminal: true });
    this.streams.stderr.write(prompt);
    const fault = new Promise<never>((_resolve, reject) => {
      this.streams.stdin.once('error', reject);
      reader.on('error', reject).once('close', () => reject(new Error('closed')));
    });
    try {
      return await Promise.race([reader.question(''), fault]);
    } catch {
      throw new UsageError('No password was typed.'); // Ctrl-C, Ctrl-D, or the terminal is gone
    } finally {
      fault.catch(() => undefined);
      reader.close();
      this.streams.stderr.write('\n');
    }
  }

  private async firstLine(): Promise<string> {
    let text = '';
    for await (const chunk of this.streams.stdin.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      if (text.length > MAX_INPUT_BYTES) throw new UsageError('The standard input is too long for a password.');
    }
    const line = text.split(/\r?\n/, 1)[0]!;
    if (line === '') throw new UsageError('A password is expected on the standard input.');
    return line;
  }
}
