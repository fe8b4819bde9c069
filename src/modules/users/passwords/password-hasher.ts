import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Algorithm, hash, type Options } from '@node-rs/argon2';
import { networkOf } from '../../../kernel/addresses/index.js';
import { FairQueue, type Turn } from '../../../kernel/fair-queue/index.js';
import { actingRequests, requestMeta } from '../../../kernel/http/index.js';
import { passwordQueueFull } from '../users.errors.js';
import { matches } from './foreign-hash.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
export const ARGON2_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * At most half of libuv's pool (UV_THREADPOOL_SIZE is 4 unless set): files and DNS use it too, and must not wait behind passwords. And never more than there
 * are cores: two on one core throw each other's 19 MiB out of its caches, and take 16 ms each instead of 13 (docs/decisions/0024-work-by-cores.md).
 */
export const hashesAtOnce = (cores: number): number => Math.min(2, cores);
/** About three seconds of work on two cores. Whoever comes later is better served by "try again". */
const HASHES_WAITING = 512;
/** Of these, one address may have half: the other half is for the others, however much that one asks for. */
const shareOf = (maxWaiting: number): number => Math.ceil(maxWaiting / 2);

/** Sign-in goes before sign-up: who has an account is not kept waiting by those who make some. */
const RANKS = { verify: 0, hash: 1 } as const;

/** Whose turn it is: the address of the request that this is done for, or the service itself. */
const turnFor = (work: keyof typeof RANKS): Turn => {
  const request = actingRequests.current;
  const address = request && requestMeta(request).ipAddress;
  return { caller: address ? networkOf(address) : '', rank: RANKS[work] };
};

const MAX_PASSWORD_BYTES = 1024;

/** In ambient const enums `isolatedModules` sees no values. */
const ARGON2ID = 2 as Algorithm;
/** How every hash that is made here begins. */
export const CURRENT_FORM = `$argon2id$v=19$m=${ARGON2_PARAMETERS.memoryCost},t=${ARGON2_PARAMETERS.timeCost},p=${ARGON2_PARAMETERS.parallelism}$`;

/**
 * Argon2id (RFC 9106) over the NFC form of a password, off the event loop and bounded. Addresses have their turn one after the
 * other. Beyond the queue, or the share of one address in it, every method throws 503 `service.unavailable` with `Retry-After`.
 */
export class PasswordHasher {
  private readonly queue: FairQueue;
  private readonly options: Options = { algorithm: ARGON2ID, ...ARGON2_PARAMETERS };
  /** The hash of a password that nobody knows. */
  private dummy: Promise<string> | null = null;

  constructor(maxWaiting = HASHES_WAITING, atOnce = hashesAtOnce(availableParallelism())) {
    this.queue = new FairQueue(atOnce, { waiting: maxWaiting, waitingPerCaller: shareOf(maxWaiting) }, passwordQueueFull);
  }

  async onModuleInit(): Promise<void> {
    // Made at start: the first unknown account must not take longer than the others.
    await this.dummyHash();
  }

  /** The hash in PHC form, with a salt of its own. */
  hash(password: string): Promise<string> {
    return this.queue.run(turnFor('hash'), () => hash(bytesOf(password), this.options));
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
    const isMatch = await this.queue.run(turnFor('verify'), () => matchesAny(against, given));
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
