import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { useRealArgon2 } from '../../../../test/kit/cheap-argon2.mjs';
import { hashesAtOnce, PasswordHasher } from './password-hasher.js';

useRealArgon2();

const hasher = new PasswordHasher();

describe('the password hasher', () => {
  it('makes argon2id hashes at OWASP’s parameters, each with its own salt', async () => {
    const [one, two] = await Promise.all([hasher.hash('correct horse battery'), hasher.hash('correct horse battery')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await hasher.verify(one, 'correct horse battery')).toBe(true);
    expect(await hasher.verify(one, 'correct horse batterY')).toBe(false);
    expect(hasher.isOutdated(one)).toBe(false);
  });

  it('takes composed and decomposed letters for the same', async () => {
    expect(await hasher.verify(await hasher.hash('caf\u00e9 au lait noir'), 'cafe\u0301 au lait noir')).toBe(true);
  });

  it('never says yes without a hash, nor to what is longer than any password', async () => {
    expect(await hasher.verify(null, 'correct horse battery')).toBe(false);
    const long = 'x'.repeat(1024);
    expect(await hasher.verify(await hasher.hash(long), `${long}y`)).toBe(false);
    expect(await hasher.verify(await hasher.hash(long), long)).toBe(true);
  });

  it('knows hashes of other parameters', async () => {
    expect(hasher.isOutdated(await hash('x', { memoryCost: 8192, timeCost: 1, parallelism: 1 }))).toBe(true);
  });

  it('hashes two at once, and one where there is one core, however many there are', () => {
    expect([1, 2, 64].map(hashesAtOnce)).toEqual([1, 2, 2]);
  });

  it('answers 503 with Retry-After beyond its queue, and leaves the event loop free meanwhile', async () => {
    const small = new PasswordHasher(8, 2);
    await small.onModuleInit();
    let isDone = false;
    const all = Promise.allSettled(Array.from({ length: 20 }, () => small.verify(null, 'correct horse battery'))).finally(() => (isDone = true));
    createHash('sha256').update('something else').digest();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(isDone).toBe(false);
    const refused = (await all).filter((result) => result.status === 'rejected').map((result) => result.reason as { status: number; headers: object });
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ code: 'service.unavailable', status: 503, headers: { 'Retry-After': '1' } });
  });
});
