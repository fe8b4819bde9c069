import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLED_MAIN, SpawnedService } from '../kit/spawned-service.js';

const ROOT = new URL('../../', import.meta.url);
const LOADER = new URL('dist/bundle/load-program.js', ROOT).href;
const COMPILED = fileURLToPath(new URL('dist/bundle/program.compiled', ROOT));
const COMMAND_LINE = fileURLToPath(new URL('dist/bundle/cli.js', ROOT));
/** Native ones with what they need, and two of development that `debug` looks for. */
const APART = /^(sharp|@img\/.+|detect-libc|semver|@node-rs\/.+|@resvg\/.+|supports-color|has-flag)$/;
const PRELOAD = fileURLToPath(new URL('../kit/loaded-files.preload.mjs', import.meta.url));

/** Whether V8 takes what was compiled at the build. */
const isTaken = (...flags: string[]): string =>
  node(...flags, '--input-type=module', '-e', `import { readFileSync } from 'node:fs'; import { compileProgram } from ${JSON.stringify(LOADER)};
    console.log(!compileProgram(readFileSync(${JSON.stringify(COMPILED)})).cachedDataRejected);`);

const node = (...args: string[]): string => spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();

describe('the bundle, as it is started', () => {
  let folder: string;
  let loaded: string;
  let service: SpawnedService;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-bundle-'));
    chmodSync(folder, 0o711);
    loaded = join(folder, 'loaded');
    service = await SpawnedService.start({ DATA_DIR: folder, LOADED_FILES: loaded }, { preload: PRELOAD, main: BUNDLED_MAIN });
  });
  afterAll(async () => {
    await service.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves the document of the unbundled build: nothing has lost its name or its metadata', async () => {
    const served = await fetch(`${service.url}/openapi.json`);
    expect(await served.json()).toEqual(JSON.parse(readFileSync(new URL('openapi.json', ROOT), 'utf8')));
  });

  it('loads native packages from files, and nothing a second time', async () => {
    service.signal('SIGINT');
    await service.ended;
    const places = readFileSync(loaded, 'utf8')
      .split('\n')
      .filter((url) => url.startsWith(ROOT.href))
      .map((url) => url.slice(ROOT.href.length));
    const packages = places.flatMap((place) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place)?.[1] ?? []);
    expect([...new Set(packages)].filter((name) => !APART.test(name))).toEqual([]);
    expect(packages).toContain('sharp');
    expect(places.filter((place) => /^dist\/(?!bundle\/)/.test(place))).toEqual([]);
  });
});

it('is compiled beforehand, and runs all the same where V8 refuses that', () => {
  const otherFlags = '--no-lazy-feedback-allocation';
  expect([isTaken(), isTaken(otherFlags)]).toEqual(['true', 'false']);
  const help = node(COMMAND_LINE, '--help');
  expect(help).toContain('Usage: likeness');
  expect(node(otherFlags, COMMAND_LINE, '--help')).toBe(help);
});
