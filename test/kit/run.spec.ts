import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { hash as realHash } from '@node-rs/argon2/index.js';
import { hash, verify } from './cheap-argon2.mjs';
import { eventually } from './eventually.js';
import { workerCount } from './worker-count.mjs';

const GIB = 2 ** 30;

describe('a run of the tests', () => {
  it('has more workers than cores, as many as the memory bears, and ten at most', () => {
    const count = (cores: number, gib: number) => workerCount({ cores, memoryBytes: gib * GIB });
    expect([count(1, 16), count(2, 16), count(4, 16), count(64, 256)]).toEqual([6, 6, 10, 10]);
    expect([count(2, 4), count(2, 1)]).toEqual([2, 1]);
  });

  it('begins with files that are there', () => {
    const paths = JSON.parse(readFileSync(fileURLToPath(new URL('../slowest.json', import.meta.url)), 'utf8')) as string[];
    expect(paths.filter((path) => !existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))))).toEqual([]);
  });
});

describe('eventually', () => {
  it('resolves to the first answer that is something', async () => {
    let count = 0;
    expect(await eventually('counted to three', () => (++count === 3 ? 'three' : null), { everyMs: 1 })).toBe('three');
  });

  it('says what did not come true', async () => {
    await expect(eventually('the sky is green', () => false, { withinMs: 5, everyMs: 1 })).rejects.toThrow('not within 0.005 s: the sky is green');
  });
});

describe('passwords in tests', () => {
  const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

  it('have cheap hashes that look like those of production, each with its own salt', async () => {
    const [one, two] = await Promise.all([hash('correct horse battery', options), hash('correct horse battery', options)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect([await verify(one, 'correct horse battery'), await verify(one, 'correct horse batterY')]).toEqual([true, false]);
  });

  it('are also verified against hashes of production, and of other parameters', async () => {
    const real = await realHash('correct horse battery', options);
    const other = await hash('correct horse battery', { ...options, memoryCost: 4_096 });
    expect([await verify(real, 'correct horse battery'), await verify(real, 'x'), await verify(other, 'correct horse battery')]).toEqual([true, false, true]);
    expect(await realHash('x', { ...options, memoryCost: 4_096 })).toMatch(/m=4096/);
  });
});
