import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/bundle/cli.js', import.meta.url));

export interface ConfigReport {
  readonly valid: boolean;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  readonly adapters: Readonly<Record<string, string>> | null;
}

/**
 * `config check` in exactly this environment. `files` are those that a platform mounts, by their paths there:
 * they are laid into a folder of their own, and the environment names them at their new place.
 */
export function configReport(environment: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): ConfigReport {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-mounted-'));
  try {
    const moved = Object.entries(files).map(([path, content], index) => {
      const file = join(folder, String(index));
      writeFileSync(file, content);
      return [path, file] as const;
    });
    const places = new Map(moved);
    mkdirSync(join(folder, 'data'));
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, places.get(value) ?? value]));
    const { stdout, stderr } = spawnSync(process.execPath, [CLI, 'config', 'check', '--json'], { env: { ...env, DATA_DIR: join(folder, 'data') }, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as ConfigReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
