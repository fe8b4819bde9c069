import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What `npm test` is, and what is only a way to ask for something else. */
const NO_SUITES = new Set(['test']);

describe('.ci/long', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-ci-'));
    cpSync(join(ROOT, '.ci'), join(folder, '.ci'), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    // Neither is needed: nothing is cloned from a folder that is clean, and each suite ends as its name is told to.
    writeFileSync(join(folder, 'bin/git'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(folder, 'bin/npm'), '#!/bin/sh\necho "npm $*"\nfor word; do case " $BROKEN " in *" $word "*) exit 1;; esac; case " $AWAY " in *" $word "*) exit 69;; esac; done\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], settings: Readonly<Record<string, string>> = {}): { code: number | null; ran: string[]; summary: string[] } => {
    const { status, stdout } = spawnSync(join(folder, '.ci/long'), args, { encoding: 'utf8', env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...settings } });
    const lines = stdout.split('\n');
    const summary = lines.slice(lines.findIndex((line) => line.startsWith('== summary'))).filter((line) => line !== '');
    return { code: status, ran: lines.filter((line) => line.startsWith('npm run --silent test:')).map((line) => line.split(' ')[3]!), summary: summary.map((line) => line.replace(/ +\d+ s .*/, '').replace(/ +/g, ' ')) };
  };

  it('runs every suite that npm test does not, whatever the others find', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const suites = Object.keys(scripts).filter((name) => name.startsWith('test') && !NO_SUITES.has(name));
    expect(run([], { BROKEN: suites.join(' ') }).ran.sort()).toEqual(suites.sort());
  });

  it('says which passed, failed and were not available', () => {
    const only = ['test:long', 'test:caches', 'test:pooler'];
    expect(run(only, { BROKEN: 'test:caches', AWAY: 'test:pooler' })).toMatchObject({
      code: 1,
      summary: ['== summary: 3 suites, 1 failed, 1 not available', 'test:long passed', 'test:caches FAILED (1)', 'test:pooler not available'],
    });
    expect(run(only, { AWAY: 'test:pooler' }).code).toBe(69);
    expect(run(only)).toMatchObject({ code: 0, ran: only });
  });
});
