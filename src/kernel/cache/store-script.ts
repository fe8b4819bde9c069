import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const INCLUDE = /^-- @include (\S+)[ \t]*$/gm;
const FRAGMENTS = new URL('./scripts/', import.meta.url);

/**
 * A Lua script of the store, from a file beside the code. A line `-- @include ./part.lua` is replaced by that file, relative to the
 * including one; without `./` it names a fragment of `kernel/cache/scripts`. Every fragment is put in once.
 */
export class StoreScript {
  private static readonly names = new Map<string, string>();

  readonly sha1: string;

  private constructor(
    readonly name: string,
    readonly source: string,
  ) {
    this.sha1 = createHash('sha1').update(source).digest('hex');
    StoreScript.names.set(this.sha1, name);
  }

  /** What the script of a digest is called; for those who watch. */
  static nameOf(sha1: string): string | undefined {
    return StoreScript.names.get(sha1);
  }

  /** Reads and expands the file; throws when it or a fragment is not there. */
  static load(file: URL): StoreScript {
    return new StoreScript(basename(file.pathname, '.lua'), StoreScript.expand(file, new Set()));
  }

  private static expand(file: URL, seen: Set<string>): string {
    return readFileSync(file, 'utf8').replace(INCLUDE, (_line, name: string) => {
      const target = new URL(name, name.startsWith('.') ? file : FRAGMENTS);
      if (seen.has(target.href)) return '';
      seen.add(target.href);
      return StoreScript.expand(target, seen).trimEnd();
    });
  }
}
