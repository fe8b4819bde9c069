import { Command } from 'ioredis';
import type { StoreScript } from './store-script.js';

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/**
 * A script with its keys and all arguments but one, written out once for a caller that runs it again and again: what is sent is three texts put
 * together, where the client would measure and copy each argument at every call (figures: bench/README.md). All keys share one hash tag.
 */
export class PreparedScript {
  /** EVALSHA's arguments, with nothing in the place of the one that changes; for the slow way and for those who watch. */
  private readonly args: readonly string[];
  private readonly head: string;
  private readonly tail: string;
  private readonly changingAt: number;

  constructor(
    readonly script: StoreScript,
    private readonly keys: readonly string[],
    before: readonly (string | number)[],
    after: readonly (string | number)[],
  ) {
    const fixed = [script.sha1, String(keys.length), ...keys, ...before.map(String)];
    const rest = after.map(String);
    this.args = [...fixed, '', ...rest];
    this.changingAt = fixed.length;
    this.head = `*${this.args.length + 1}\r\n${bulk('evalsha')}${fixed.map(bulk).join('')}`;
    this.tail = rest.map(bulk).join('');
  }

  /** `changing` is of ASCII alone. */
  command(changing: string): Command {
    return new PreparedCommand(`${this.head}$${changing.length}\r\n${changing}\r\n${this.tail}`, this.keys, this.args);
  }

  /** The same call as keys and arguments, for `RedisConnection.run`. */
  spelledOut(changing: string): { readonly keys: readonly string[]; readonly args: readonly string[] } {
    return { keys: this.keys, args: this.args.with(this.changingAt, changing).slice(2 + this.keys.length) };
  }
}

const OPTIONS = { replyEncoding: 'utf8' } as const;

class PreparedCommand extends Command {
  constructor(
    private readonly written: string,
    private readonly hashed: readonly string[],
    args: readonly string[],
  ) {
    super('evalsha', [], OPTIONS);
    this.args = args as string[];
  }

  override getKeys(): string[] {
    return this.hashed as string[];
  }

  override toWritable(): string {
    return this.written;
  }
}
