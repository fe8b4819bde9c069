import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Result {
  readonly reads: number;
  readonly writesAcknowledged: number;
  readonly faultCount: number;
  readonly quietChecks: number;
  readonly violations: Record<string, number>;
  readonly details: readonly { readonly text: string }[];
}

const SCRIPT = fileURLToPath(new URL('../../scripts/consistency.mjs', import.meta.url));

describe('three instances, writers, readers and a few faults', () => {
  it('show nobody an older version than was acknowledged or seen before', async () => {
    const args = ['--json', '--seconds', '10', '--enough', '1500', '--users', '4', '--mortals', '1', '--cli-pause', '2000', '--hard-pause', '1000', '--seed', String(Date.now()), '--state', mkdtempSync(join(tmpdir(), 'consistency-'))];
    const child = spawn(process.execPath, [SCRIPT, ...args], { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const words: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk));
    await once(child, 'close');
    const said = Buffer.concat(words).toString('utf8');
    const line = said.split('\n').find((each) => each.startsWith('{'));
    if (!line) throw new Error(said);
    const result = JSON.parse(line) as Result;
    expect([result.violations, result.details.map(({ text }) => text)]).toEqual([{}, []]);
    expect(result.reads).toBeGreaterThan(100);
    expect(result.writesAcknowledged).toBeGreaterThan(10);
    expect(result.faultCount).toBeGreaterThan(0);
    expect(result.quietChecks).toBe(1);
  }, 120_000);
});
