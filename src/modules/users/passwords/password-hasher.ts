import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Algorithm, hash, type Options } from '@node-rs/argon2';
import { passwordQueueFull } from '../users.errors.js';
import { matches } from './foreign-hash.js';
import { WorkGate } from './work-gate.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
export const ARGON2_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * At most half of libuv's pool (UV_THREADPOOL_SIZE is 4 unless set): files and DNS use it too, and must not wait behind passwords. And never more than there
 * are cores: two on one core throw each other's 19 MiB out of its caches, and take 16 ms each instead of 13 (docs/decisions/0024-work-by-cores.md).
 */
export const hashesAtOnce = (cores: number): number => Math.min(2, cores);
/** About three seconds of work on two cores. Whoever comes later is better served by "try again". */
const HASHES_WAITING = 512;
const MAX_PASSWORD_BYTES = 1024;

/** In ambient const enums `isolatedModules` sees no values. */
const ARGON2ID = 2 as Algorithm;
/** How every hash that is made here begins. */
export const CURRENT_FORM = `$argon2id$v=19$m=${ARGON2_PARAMETERS.memoryCost},t=${ARGON2_PARAMETERS.timeCost},p=${ARGON2_PARAMETERS.parallelism}$`;

/**
 * Argon2id (RFC 9106) over the NFC form of a password, off the event loop and bounded: beyond the queue every method
 * throws 503 `service.unavailable` with `Retry-After`.
 */
export class PasswordHasher {
  private readonly gate: WorkGate;
  private readonly options: Options = { algorithm: ARGON2ID, ...ARGON2_PARAMETERS };
  /** The hash of a password that nobody knows. */
  private dummy: Promise<string> | null = null;

  constructor(maxWaiting = HASHES_WAITING, atOnce = hashesAtOnce(availableParallelism())) {
    this.gate = new WorkGate(atOnce, maxWaiting, passwordQueueFull);
  }

  async onModuleInit(): Promise<void> {
    // Made at start: the first unknown account must not take longer than the others.
    await this.dummyHash();
  }

  /** The hash in PHC form, with a salt of its own. */
  hash(password: string): Promise<string> {
    return this.gate.run(() => hash(bytesOf(password), this.options));
  }

  /**
   * False for a null hash (an account without a password, or no account at all), after the same work, or that of `standIn`. Hashes of other systems are
   * verified as those made them: over the NFC form, or else over what was typed.
   */
  async verify(passwordHash: string | null, password: string, standIn: string | null = null): Promise<boolean> {
    const bytes = bytesOf(password);
    const isPossible = passwordHash !== null && bytes.length <= MAX_PASSWORD_BYTES;
    const against = isPossible ? passwordHash : (standIn ?? (await this.dummyHash()));
    const given = [bytes, ...(this.isOutdated(against) ? otherSpellings(password, bytes) : [])].map((each) => each.subarray(0, MAX_PASSWORD_BYTES));
    const isMatch = await this.gate.run(() => matchesAny(against, given));
    return isPossible && isMatch;
  }

  /** Made with other parameters than today's. */
  isOutdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(CURRENT_FORM);
  }

  private dummyHash(): Promise<string> {
    this.dummy ??= this.hash(randomBytes(32).toString('base64url'));
    return this.dummy;
  }
}

/** One password typed on two keyboards is one sequence of bytes (NIST SP 800-63B-4 §3.1.1.2). */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFC'), 'utf8');

/** As it was typed, where that is another sequence of bytes. */
const otherSpellings = (password: string, normalised: Buffer): Buffer[] => {
  const typed = Buffer.from(password, 'utf8');
  return typed.equals(normalised) || typed.length > MAX_PASSWORD_BYTES ? [] : [typed];
};

async function matchesAny(against: string, given: readonly Buffer[]): Promise<boolean> {
  for (const each of given) if (await matches(against, each)) return true;
  return false;
}
