import { describe, expect, it } from '@jest/globals';
import { faultsOf, gapsOf, type Facts } from '../../scripts/docs/checks.mjs';
import { Page } from '../../scripts/docs/page.mjs';
import { CommandLine } from '../../src/cli/command-line.js';

const FILES = new Set(['README.md', 'docs/README.md', 'docs/page.md', 'docs/problems.md', 'test/app/guide.spec.ts']);

const factsWith = (pages: Readonly<Record<string, string>>): Facts => ({
  pages: new Map(Object.entries({ 'docs/page.md': '', ...pages }).map(([path, text]) => [path, new Page(path, text)])),
  exists: (path) => FILES.has(path) || [...FILES].some((file) => path.endsWith('/') && file.startsWith(path)),
  fileNames: new Set(['guide.spec.ts']),
  scripts: new Set(['build', 'cli']),
  program: new CommandLine({}).program(),
  settings: ['REDIS_URL'],
  variables: new Set(['REDIS_URL', 'REDIS_URL_FILE']),
  codes: new Set(['auth.forbidden']),
  words: new Set(['auth.word']),
  operations: new Set(['GET /v1/users/{}']),
});
const faultsIn = (text: string): string[] => faultsOf(factsWith({ 'docs/page.md': text })).map((fault) => fault.replace('docs/page.md: ', ''));
const fenced = (text: string): string => `\`\`\`sh\n${text}\n\`\`\`\n`;

describe('a page', () => {
  it.each([
    ['a file that is not there', '[x](nowhere.md)', 'the link nowhere.md leads nowhere'],
    ['a heading that is not there', '# One\n[x](#two)', 'docs/page.md has no heading for the link #two'],
    ['a heading that another page has not', '[x](page.md#two)', 'docs/page.md has no heading for the link page.md#two'],
    ['a link whose text is code', '[`x`](nowhere.md)', 'the link nowhere.md leads nowhere'],
    ['a script', 'Do `npm run nonsense`.', 'there is no npm run nonsense'],
    ['a script in a block', fenced('npm run --silent nonsense -- x'), 'there is no npm run nonsense'],
    ['a command', '`npm run cli -- users nonsense`', 'the command line knows no: users nonsense'],
    ['a command without its last word', '`npm run cli -- nonsense`', 'the command line knows no: nonsense'],
    ['an option', '`npm run cli -- users list --nonsense=1`', 'the command line knows no --nonsense in: users list --nonsense=1'],
    ['a setting', 'Set `REDIS_NONSENSE`.', 'there is no setting REDIS_NONSENSE'],
    ['a setting in a block', fenced('REDIS_NONSENSE=1 npm run build'), 'there is no setting REDIS_NONSENSE'],
    ['a file for what is no secret', '`REDIS_URL_FILE_FILE`', 'there is no setting REDIS_URL_FILE_FILE'],
    ['settings of a kind', '`NONSENSE_*`', 'no setting begins with NONSENSE_'],
    ['a problem code', '403 `auth.nonsense`', 'there is no problem code, event or field auth.nonsense'],
    ['a path', 'See `test/app/nonsense.spec.ts`.', 'there is no file test/app/nonsense.spec.ts'],
    ['a file by its name', '`nonsense.spec.ts` does it.', 'no file is called nonsense.spec.ts'],
    ['an operation', '`GET /v1/nonsense`', 'the document has no GET /v1/nonsense'],
    ['a method that a path has not', '`PUT /v1/users/{id}`', 'the document has no PUT /v1/users/{id}'],
  ])('may not name %s', (_what, text, fault) => {
    expect(faultsIn(text)).toEqual([fault]);
  });

  it.each([
    ['links', '# One, `two` & three\n[x](#one-two--three) [y](https://example.org/x) [z](problems.md) [w](../README.md)'],
    ['the second of two headings', '# One\n# One\n[x](#one-1)'],
    ['scripts and commands', '`npm run build`, `npm run cli -- users list --role admin`, `npm run cli -- keys withdraw <kid>`, `npm run cli -- --help`, `npm run cli -- …`'],
    ['settings', '`REDIS_URL` or `REDIS_URL_FILE`, `REDIS_*`'],
    ['codes and words', '`auth.forbidden`, `auth.word`, `docs.example`'],
    ['paths', '`test/app/guide.spec.ts`, `test/app/`, `guide.spec.ts`'],
    ['operations', '`GET /v1/users/{userId}?x=1`, `HEAD /v1/users/{id}`, `GET /v1/users/:id`'],
    ['what only looks like a link, in code', `${fenced('a[0](nowhere)')} \`[x](nowhere)\``],
  ])('may name %s that there are', (_what, text) => {
    expect(faultsIn(text)).toEqual([]);
  });
});

describe('the documentation', () => {
  const whole = {
    'README.md': '`REDIS_URL`',
    'docs/problems.md': '`auth.forbidden`',
    'docs/README.md': '[one](page.md)',
    'docs/page.md': '[two](problems.md) [three](decisions/README.md) [four](decisions/0001-x.md)',
    'docs/decisions/README.md': '[five](0001-x.md)',
    'docs/decisions/0001-x.md': '',
  };

  it('is whole when every setting, every problem code and every page is in it', () => {
    expect(gapsOf(factsWith(whole))).toEqual([]);
  });

  it.each([
    ['README.md', 'README.md: the setting REDIS_URL is not documented'],
    ['docs/problems.md', 'docs/problems.md: the problem code auth.forbidden is not documented'],
    ['docs/decisions/README.md', 'docs/decisions/README.md: docs/decisions/0001-x.md is not in it'],
  ])('is not when %s lacks what it must have', (path, gap) => {
    expect(gapsOf(factsWith({ ...whole, [path]: '' }))).toEqual([gap]);
  });

  it('is not when nothing leads to a page', () => {
    expect(gapsOf(factsWith({ ...whole, 'docs/lonely.md': '' }))).toEqual(['docs/README.md: nothing leads to docs/lonely.md']);
  });
});
