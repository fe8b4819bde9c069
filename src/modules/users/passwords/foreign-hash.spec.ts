import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Algorithm, hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { matches, readForeignHash, workOf } from './foreign-hash.js';
import { PasswordHasher } from './password-hasher.js';

const PASSWORD = 'seven quiet lighthouses';
const SALT = Buffer.from('a salt of sixteen');
const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
const ab64 = (bytes: Buffer): string => bare(bytes).replaceAll('+', '.');
const pbkdf2 = (digest: string): Buffer => pbkdf2Sync(PASSWORD, SALT, 1_000, 32, digest);
const scrypt = scryptSync(PASSWORD, SALT, 32, { N: 1024, r: 8, p: 1 });

const FORMS: Record<string, () => Promise<string> | string> = {
  argon2id: () => argon2(PASSWORD, { memoryCost: 4096, timeCost: 3, parallelism: 1 }),
  argon2i: () => argon2(PASSWORD, { algorithm: 1 as Algorithm, memoryCost: 4096, timeCost: 3, parallelism: 1 }),
  'argon2 of Django': async () => `argon2${await argon2(PASSWORD, { memoryCost: 4096, timeCost: 2, parallelism: 1 })}`,
  'bcrypt 2b': async () => (await bcrypt(PASSWORD, 4)).replace('$2y', '$2b'),
  'bcrypt 2y': () => bcrypt(PASSWORD, 4),
  'bcrypt of Django': async () => `bcrypt$${await bcrypt(PASSWORD, 4)}`,
  'scrypt, PHC and passlib': () => `$scrypt$ln=10,r=8,p=1$${bare(SALT)}$${bare(scrypt)}`,
  'scrypt of Django': () => `scrypt$1024$${SALT.toString()}$8$1$${scrypt.toString('base64')}`,
  'scrypt of Werkzeug': () => `scrypt:1024:8:1$${SALT.toString()}$${scrypt.toString('hex')}`,
  'PBKDF2, PHC': () => `$pbkdf2-sha256$i=1000,l=32$${bare(SALT)}$${bare(pbkdf2('sha256'))}`,
  'PBKDF2 of passlib': () => `$pbkdf2-sha512$1000$${ab64(SALT)}$${ab64(pbkdf2('sha512'))}`,
  'PBKDF2 of passlib, SHA-1': () => `$pbkdf2$1000$${ab64(SALT)}$${ab64(pbkdf2('sha1'))}`,
  'PBKDF2 of Django': () => `pbkdf2_sha256$1000$${SALT.toString()}$${pbkdf2('sha256').toString('base64')}`,
  'PBKDF2 of Werkzeug': () => `pbkdf2:sha512:1000$${SALT.toString()}$${pbkdf2('sha512').toString('hex')}`,
};

describe('a hash of another system', () => {
  it.each(Object.keys(FORMS))('is read and verified: %s', async (form) => {
    const read = readForeignHash(await FORMS[form]!());
    const hash = 'hash' in read ? read.hash : '';
    expect(hash).toMatch(/^\$(argon2id?|2[by]|scrypt|pbkdf2-sha\d+)\$/);
    expect(readForeignHash(hash)).toEqual({ hash });
    expect(await matches(hash, Buffer.from(PASSWORD))).toBe(true);
    expect(await matches(hash, Buffer.from(`${PASSWORD}.`))).toBe(false);
    expect(workOf(hash).length).toBeGreaterThan(3);
  });

  it.each([
    'plaintext', '', '$1$salt$hash', '5f4dcc3b5aa765d61d8327deb882cf99', '$2b$10$short', `$2b$31$${'a'.repeat(53)}`, `$pbkdf2-sha256$i=99999999,l=32$YWJj$${bare(scrypt)}`,
    `$scrypt$ln=24,r=8,p=1$YWJj$${bare(scrypt)}`, '$argon2id$v=19$m=4000000,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g', '$pbkdf2-sha256$i=1000$YWJj$YQ',
    `scrypt$1000$${SALT.toString()}$8$1$${scrypt.toString('base64')}`, '$argon2d$v=19$m=4096,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g',
  ])('is refused when it is none, cannot be, or costs too much: %s', (text) => {
    expect(readForeignHash(text)).toHaveProperty('fault');
  }); // prettier-ignore

  it('is of a password as it was typed, where that system did not compose its letters', async () => {
    const typed = 'cafe\u0301 au lait noir';
    const hash = await bcrypt(typed, 4);
    expect(await new PasswordHasher().verify(hash, typed)).toBe(true);
    expect(await new PasswordHasher().verify(hash, 'cafe au lait noir')).toBe(false);
  });
});
