import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

/** How hashes of the service begin, and how the cheapest that argon2 allows do. */
const REAL = '$argon2id$v=19$m=19456,t=2,p=1$';
const CHEAP = '$argon2id$v=19$m=8,t=1,p=1$';
/** Cheap hashes begin like real ones and are known by their salt: nine bytes that say so, and seven at random. */
const MARK = Buffer.from('cheaphash');
const CHEAP_BEGINNING = REAL + MARK.toString('base64');

// By its file, because jest maps the name of the package to this module.
const real = createRequire(import.meta.url)('@node-rs/argon2/index.js');
const realHash = real.hash;
const realVerify = real.verify;
let isReal = false;

/** For tests of the hasher itself: the cost that passwords have in production. */
export const useRealArgon2 = () => {
  isReal = true;
};

/**
 * Stands in for the argon2 of `@node-rs/argon2` in tests: 19 MiB and two passes for each password would be a third of their processor time. The service knows
 * nothing of it. Hashes at other parameters are made and verified as they are, and so are real ones.
 */
export async function hash(password, options, signal) {
  const isOurs = options?.memoryCost === 19_456 && options.timeCost === 2 && options.parallelism === 1;
  if (isReal || !isOurs) return realHash(password, options, signal);
  const salt = Buffer.concat([MARK, randomBytes(7)]);
  return (await realHash(password, { ...options, memoryCost: 8, timeCost: 1, salt }, signal)).replace(CHEAP, REAL);
}

export const verify = (hashed, password, options, signal) => {
  const isCheap = typeof hashed === 'string' && hashed.startsWith(CHEAP_BEGINNING);
  return realVerify(isCheap ? hashed.replace(REAL, CHEAP) : hashed, password, options, signal);
};

export const Algorithm = real.Algorithm;

/** For a process of its own, which is started with `--import` of this module (see `cheap-argon2.preload.mjs`). */
export const replaceArgon2 = () => Object.assign(real, { hash, verify });
