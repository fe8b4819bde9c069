import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { documentWith, type PageHead } from './page-head.js';
import { PageFile } from './page-file.js';

/** In the build beside `main.js`; the same folder when the sources are run by themselves, as tests do. */
const FOLDER = fileURLToPath(new URL('../../../dist/web', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** All that the page is made of, read once: the document, and what it loads by names that change with the bytes. */
export class PageFiles {
  private constructor(
    readonly document: PageFile,
    private readonly assets: ReadonlyMap<string, PageFile>,
    private readonly basePath: string,
  ) {}

  /** Throws when the page was not built. */
  static read(head: PageHead, folder = FOLDER): PageFiles {
    if (!existsSync(join(folder, 'index.html'))) throw new Error('The account page was not built: run "npm run build", or set ACCOUNT_PAGE=off.');
    const html = Buffer.from(documentWith(readFileSync(join(folder, 'index.html'), 'utf8'), head));
    const document = new PageFile('text/html; charset=utf-8', html, { br: brotliCompressSync(html), gzip: gzipSync(html) });
    const names = readdirSync(join(folder, 'assets')).filter((name) => extname(name) in TYPES);
    return new PageFiles(document, new Map(names.map((name) => [name, builtFile(join(folder, 'assets', name))])), head.basePath);
  }

  /** Where the browser finds a view. */
  addressOf(view: string): { readonly url: string; readonly statusCode: number } {
    return { url: `${this.basePath}/account${view}`, statusCode: 302 };
  }

  asset(name: string): PageFile | undefined {
    return this.assets.get(name);
  }
}

/** The build has compressed what gains by it. */
const builtFile = (path: string): PageFile => {
  const compressed = (suffix: string): Buffer | undefined => (existsSync(path + suffix) ? readFileSync(path + suffix) : undefined);
  return new PageFile(TYPES[extname(path)]!, readFileSync(path), { br: compressed('.br'), gzip: compressed('.gz') });
};
