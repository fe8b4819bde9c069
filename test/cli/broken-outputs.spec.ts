import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshInstance, type FreshInstance } from '../archive/instances.js';
import { BUNDLED_MAIN } from '../kit/spawned-service.js';

const CLI = fileURLToPath(new URL('../../dist/bundle/cli.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

describe('outputs that cannot be written', () => {
  let instance: FreshInstance;
  let folder: string;
  beforeAll(async () => {
    instance = await freshInstance('PostgreSQL alone', {});
    folder = mkdtempSync(join(tmpdir(), 'likeness-outputs-'));
  });
  afterAll(async () => {
    await instance.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), METRICS_PORT: '0', PORT: '0', ...instance.settings });
  const run = async (command: readonly string[], stdout: 'pipe' | 'gone' | number): Promise<Ended> => {
    const child = spawn(command[0]!, command.slice(1), { env: environment(), stdio: ['ignore', stdout === 'gone' ? 'pipe' : stdout, 'pipe'] });
    if (stdout === 'gone') child.stdout!.destroy();
    else child.stdout?.resume();
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  };
  const cli = (...args: string[]): string[] => [process.execPath, CLI, ...args];
  const full = (): number => openSync('/dev/full', 'w');

  it('are told in words where an archive has no folder, or its name is one', async () => {
    mkdirSync(join(folder, 'a-folder'));
    for (const [path, word] of [[join(folder, 'nowhere/at/all.tar'), 'ENOENT'], ['/proc/version/x.tar', 'ENOTDIR'], ['/dev/null/x.tar', 'ENOTDIR']] as const) {
      expect(await run(cli('export', path), 'pipe')).toEqual({ code: 2, stderr: `The archive cannot be written: ${word}.\n` });
    }
    expect(await run(cli('export', '--replace', join(folder, 'a-folder')), 'pipe')).toEqual({ code: 2, stderr: expect.stringMatching(/^(.*\n)*The archive cannot be written: EISDIR\.\n$/) });
    expect(readdirSync(folder)).toEqual(['a-folder']);
    expect(await run(cli('import', join(folder, 'nowhere.tar')), 'pipe')).toEqual({ code: 2, stderr: 'The archive cannot be read: ENOENT.\n' });
    expect(await run(cli('import', folder), 'pipe')).toEqual({ code: 2, stderr: 'The archive cannot be read: EISDIR.\n' });
  });

  const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
  (canMount ? it : it.skip)('are told in words when the disk is full', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const ended = await run(['unshare', '--mount', 'sh', '-c', `mount -t tmpfs -o size=4k likeness-test '${disk}' && "$0" "$@"; code=$?; ls -A '${disk}' >&2; exit $code`, ...cli('export', join(disk, 'a.tar'))], 'pipe');
    // What is said of its progress before is as may be; no file is left.
    expect(ended).toEqual({ code: 2, stderr: expect.stringMatching(/^(?:\w+: \d+ rows\n)*The archive cannot be written: ENOSPC\.\n$/) });
  });

  it('do not end a command whose reader has gone: what it was told is done', async () => {
    const path = join(folder, 'unread.tar');
    expect(await run(cli('export', path), 'gone')).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/EPIPE|at /) });
    expect(existsSync(path)).toBe(true);
    expect(await run(cli('--help'), 'gone')).toEqual({ code: 0, stderr: '' });
  });

  it('are told in words where a result goes to a full disk', async () => {
    expect(await run(cli('config', 'check'), full())).toEqual({ code: 2, stderr: 'The result cannot be written: ENOSPC.\n' });
  });

  it.each(['gone', 'full'] as const)('do not end the service whose log they are (%s)', async (what) => {
    const child = spawn(process.execPath, [BUNDLED_MAIN], { env: { ...environment(), PORT: '0', LOG_LEVEL: 'trace' }, stdio: ['ignore', what === 'gone' ? 'pipe' : full(), 'pipe'] });
    child.stdout?.destroy();
    let words = '';
    child.stderr!.on('data', (chunk: Buffer) => (words += chunk.toString('utf8')));
    const ended = once(child, 'exit');
    // Nobody can be told its port: it is found as a user would find it.
    const port = async (): Promise<number> => {
      for (;;) {
        const listening = spawnSync(process.execPath, ['-e', `
          const fs = require('node:fs');
          const inodes = new Set(fs.readdirSync('/proc/${child.pid}/fd').map((fd) => { try { return fs.readlinkSync('/proc/${child.pid}/fd/' + fd); } catch { return ''; } }));
          for (const line of fs.readFileSync('/proc/net/tcp', 'utf8').split('\\n').slice(1)) {
            const parts = line.trim().split(/ +/);
            if (parts[3] === '0A' && inodes.has('socket:[' + parts[9] + ']')) console.log(parseInt(parts[1].split(':')[1], 16));
          }`], { encoding: 'utf8' }).stdout.trim();
        if (listening !== '') return Number(listening.split('\n')[0]);
        if (child.exitCode !== null) throw new Error(`the service ended: ${words}`);
      }
    };
    const url = `http://127.0.0.1:${await port()}`;
    for (let round = 0; round < 20; round += 1) expect((await fetch(`${url}/health/live`)).status).toBe(200);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
});
