import { timingSafeEqual, pbkdf2, scrypt, type BinaryLike } from 'node:crypto';
import { promisify } from 'node:util';
import { verify as verifyArgon2 } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';

/** A hash that another system has made, in the form in which it is stored, or what is wrong with it. */
export type ReadHash = { readonly hash: string } | { readonly fault: string };

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify(scrypt) as (password: BinaryLike, salt: BinaryLike, length: number, options: object) => Promise<Buffer>;

/** What one guess may cost at most: whoever brings a hash along must not be able to stop the service with it. */
const MAX = { argonKib: 262_144, argonPasses: 16, argonLanes: 16, bcryptCost: 15, scryptBytes: 268_435_456, scryptLanes: 16, pbkdf2Rounds: 5_000_000, hashBytes: 128 } as const;
const MIN_HASH_BYTES = 16;

const ARGON2 = /^\$argon2(?:id|i)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,88}\$[A-Za-z0-9+/]{22,172}$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]*)\$([A-Za-z0-9+/]+)$/;
const PBKDF2 = /^\$pbkdf2-(sha1|sha256|sha512)\$i=(\d{1,8})(?:,l=\d{1,4})?\$([A-Za-z0-9+/]*)\$([A-Za-z0-9+/]+)$/;

/** Modular crypt forms of passlib: base64 with a dot for the plus. */
const PASSLIB_PBKDF2 = /^\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,8})\$([A-Za-z0-9./]*)\$([A-Za-z0-9./]+)$/;
/** Django: the salt is text. */
const DJANGO_PBKDF2 = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,8})\$([^$]*)\$([A-Za-z0-9+/]+)={0,2}$/;
const DJANGO_SCRYPT = /^scrypt\$(\d{1,9})\$([^$]*)\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/]+)={0,2}$/;
/** Werkzeug: the salt is text, the hash hexadecimal. */
const WERKZEUG_PBKDF2 = /^pbkdf2:(sha1|sha256|sha512):(\d{1,8})\$([^$]*)\$([0-9a-f]+)$/;
const WERKZEUG_SCRYPT = /^scrypt:(\d{1,9}):(\d{1,3}):(\d{1,3})\$([^$]*)\$([0-9a-f]+)$/;

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
const phcPbkdf2 = (digest: string, rounds: string, salt: Buffer, hash: Buffer): string => `$pbkdf2-${digest}$i=${rounds},l=${hash.length}$${bare(salt)}$${bare(hash)}`;
const phcScrypt = (n: string, r: string, p: string, salt: Buffer, hash: Buffer): string => `$scrypt$ln=${Math.log2(Number(n))},r=${r},p=${p}$${bare(salt)}$${bare(hash)}`;

type Translation = readonly [RegExp, (...groups: string[]) => string];
const ab64 = (text: string): Buffer => Buffer.from(text.replaceAll('.', '+'), 'base64');
const TRANSLATIONS: readonly Translation[] = [
  [/^(?:argon2|bcrypt)\$(\$?.*)$/, (hash) => (hash.startsWith('$') ? hash : `$${hash}`)],
  [PASSLIB_PBKDF2, (digest, rounds, salt, hash) => phcPbkdf2(digest ?? 'sha1', rounds, ab64(salt), ab64(hash))],
  [DJANGO_PBKDF2, (digest, rounds, salt, hash) => phcPbkdf2(digest, rounds, Buffer.from(salt), Buffer.from(hash, 'base64'))],
  [DJANGO_SCRYPT, (n, salt, r, p, hash) => phcScrypt(n, r, p, Buffer.from(salt), Buffer.from(hash, 'base64'))],
  [WERKZEUG_PBKDF2, (digest, rounds, salt, hash) => phcPbkdf2(digest, rounds, Buffer.from(salt), Buffer.from(hash, 'hex'))],
  [WERKZEUG_SCRYPT, (n, r, p, salt, hash) => phcScrypt(n, r, p, Buffer.from(salt), Buffer.from(hash, 'hex'))],
];

/** The hash in PHC form, or bcrypt's own; each other form that is known is written anew in one of those. */
export function readForeignHash(text: string): ReadHash {
  const hash = TRANSLATIONS.reduce<string | null>((found, [form, write]) => {
    const match = found === null ? form.exec(text) : null;
    return match ? write(...match.slice(1)) : found;
  }, null);
  const fault = faultOf(hash ?? text);
  return fault === null ? { hash: hash ?? text } : { fault };
}

const TOO_COSTLY = 'It costs more than one sign-in may.';
const UNKNOWN = 'Not a hash of a kind that is known: argon2id, argon2i, bcrypt, scrypt or PBKDF2.';

function faultOf(hash: string): string | null {
  const argon2 = ARGON2.exec(hash)?.slice(1).map(Number);
  if (argon2) return isWithin(argon2, [MAX.argonKib, MAX.argonPasses, MAX.argonLanes]) && argon2[0]! >= 8 * argon2[2]! ? null : TOO_COSTLY;
  const bcrypt = BCRYPT.exec(hash);
  if (bcrypt) return Number(bcrypt[1]) >= 4 && Number(bcrypt[1]) <= MAX.bcryptCost ? null : TOO_COSTLY;
  const scryptParts = SCRYPT.exec(hash);
  if (scryptParts) return scryptFault(scryptParts);
  const parts = PBKDF2.exec(hash);
  if (!parts) return UNKNOWN;
  return isWithin([Number(parts[2])], [MAX.pbkdf2Rounds]) && isRightLength(parts[4]!) ? null : TOO_COSTLY;
}

function scryptFault([, ln, r, p, , hash]: RegExpExecArray): string | null {
  const [logN, blocks, lanes] = [Number(ln), Number(r), Number(p)];
  const isBounded = isWithin([logN, blocks, lanes], [24, 64, MAX.scryptLanes]) && 128 * 2 ** logN * blocks <= MAX.scryptBytes;
  return isBounded && isRightLength(hash!) ? null : TOO_COSTLY;
}

const isWithin = (values: readonly number[], limits: readonly number[]): boolean => values.every((value, at) => value >= 1 && value <= limits[at]!);

function isRightLength(base64: string): boolean {
  const { length } = Buffer.from(base64, 'base64');
  return length >= MIN_HASH_BYTES && length <= MAX.hashBytes;
}

/** What kind of work a hash is: the same for all that take as long. */
export const workOf = (hash: string): string => hash.split('$').slice(1, hash.startsWith('$2') ? 3 : hash.startsWith('$argon2') ? 4 : 3).join('$');

/** Whether the password has this hash, which `readForeignHash` or our own hasher has written. Off the event loop; the caller bounds how many at once. */
export async function matches(hash: string, password: Buffer): Promise<boolean> {
  if (hash.startsWith('$argon2')) return verifyArgon2(hash, password);
  // Bcrypt ends at a NUL.
  if (hash.startsWith('$2')) return !password.includes(0) && verifyBcrypt(password, hash);
  const [, digest, rounds, salt, expected] = PBKDF2.exec(hash) ?? [];
  const wanted = Buffer.from(expected ?? SCRYPT.exec(hash)?.[5] ?? '', 'base64');
  if (wanted.length === 0) return false;
  const found = digest ? await derivePbkdf2(password, Buffer.from(salt!, 'base64'), Number(rounds), wanted.length, digest) : await scryptOf(hash, password, wanted.length);
  return timingSafeEqual(found, wanted);
}

function scryptOf(hash: string, password: Buffer, length: number): Promise<Buffer> {
  const [, ln, r, p, salt] = SCRYPT.exec(hash)!;
  const [N, blockSize] = [2 ** Number(ln), Number(r)];
  const maxmem = 128 * N * blockSize + 128 * blockSize * (Number(p) + 2) + 1_048_576;
  return deriveScrypt(password, Buffer.from(salt!, 'base64'), length, { N, r: blockSize, p: Number(p), maxmem });
}
