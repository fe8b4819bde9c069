import type { JsonWebKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { deriveKey, open, seal } from '../../../kernel/crypto/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import * as sql from './signing-key-statements.js';
import { keyPairFromPkcs8, keyPairFromPublicJwk, type KeyPair, type SigningAlgorithm, type SigningKey, type SigningKeyFacts, type SigningKeyState } from './signing-key.js';

/** Serialises whatever adds or withdraws keys, among all instances and the command line. */
const KEYS_LOCK = 7_305_001;
const PUBLISHED: ReadonlySet<SigningKeyState> = new Set(['pending', 'active', 'retired']);
const NOTHING = Buffer.alloc(0);

export interface UsableKeys {
  /** Those that are published and verify, youngest first. */
  readonly keys: readonly SigningKey[];
  /** By the database's clock. */
  readonly now: Date;
}

/** What can be done under the lock on the keys. */
export interface KeyLedger {
  /** The transaction that holds the lock. */
  readonly manager: EntityManager;
  readonly keys: readonly (SigningKeyFacts & { readonly isKeptHere: boolean })[];
  readonly now: Date;
  add(pair: KeyPair, pkcs8: Buffer | null, activeInSeconds: number): Promise<void>;
  withdraw(kid: string): Promise<void>;
  erasePrivateHalf(kid: string): Promise<void>;
  activateNow(kid: string): Promise<void>;
}

/** Key pairs in PostgreSQL, private halves sealed with AES-256-GCM under a key derived from `MASTER_KEY`. */
@Injectable()
export class SigningKeyRepository {
  readonly algorithm: SigningAlgorithm;
  private readonly sealingKey: Buffer;
  private readonly given: ReadonlyMap<string, KeyPair>;

  constructor(
    private readonly transactions: Transactions,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    this.algorithm = config.tokens.algorithm;
    this.sealingKey = deriveKey(config.masterKey, 'signing-keys');
    this.given = new Map(config.tokens.givenKeys.map((key) => keyPairFromPkcs8(key.pkcs8, key.algorithm)).map((pair) => [pair.kid, pair]));
  }

  /** The operator's own keys for the algorithm that signs. */
  get givenPairs(): readonly KeyPair[] {
    return [...this.given.values()].filter((pair) => pair.algorithm === this.algorithm);
  }

  /** Throws when a private key was sealed under another `MASTER_KEY`. */
  usable(): Promise<UsableKeys> {
    return this.transactions.run(async (manager) => {
      const rows = await this.rows(manager);
      const isUsable = ({ state, kid }: sql.SigningKeyRow): boolean => PUBLISHED.has(state) || (state === 'gone' && this.given.has(kid));
      const keys = rows.filter(isUsable).map((row) => this.opened(row));
      return { keys, now: rows[0]?.now ?? new Date(0) };
    });
  }

  /** Every key there ever was. */
  all(): Promise<readonly SigningKeyFacts[]> {
    return this.transactions.run((manager) => this.rows(manager));
  }

  /** Notes that a token of this key lives until then (epoch seconds); null when the key was withdrawn. */
  reserve(kid: string, untilSeconds: number): Promise<Date | null> {
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<{ tokensUntil: Date }[]>(sql.RESERVE, [kid, untilSeconds]);
      return row?.tokensUntil ?? null;
    });
  }

  /** Runs `work` alone among all who change keys. With `isPatient` false it answers null when somebody else is at it. */
  locked<T>(work: (ledger: KeyLedger) => Promise<T>, options: { readonly isPatient: false }): Promise<T | null>;
  locked<T>(work: (ledger: KeyLedger) => Promise<T>): Promise<T>;
  locked<T>(work: (ledger: KeyLedger) => Promise<T>, { isPatient } = { isPatient: true }): Promise<T | null> {
    return this.transactions.run(async (manager) => {
      if (isPatient) await manager.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      else {
        const [answer] = await manager.query<[{ held: boolean }]>('SELECT pg_try_advisory_xact_lock($1) AS held', [KEYS_LOCK]);
        if (!answer.held) return null;
      }
      return work(this.ledger(manager, await this.rows(manager)));
    });
  }

  private ledger(manager: EntityManager, rows: readonly sql.SigningKeyRow[]): KeyLedger {
    const empty = (kid: string): Buffer => seal(this.sealingKey, NOTHING, kid);
    return {
      manager,
      keys: rows,
      now: rows[0]?.now ?? new Date(0),
      add: async ({ kid, algorithm, publicJwk }, pkcs8, activeInSeconds) => {
        const sealed = seal(this.sealingKey, pkcs8 ?? NOTHING, kid);
        await manager.query(sql.ADD_KEY, [kid, algorithm, JSON.stringify(publicJwk), sealed, activeInSeconds]);
      },
      withdraw: async (kid) => void (await manager.query(sql.WITHDRAW, [kid, empty(kid)])),
      erasePrivateHalf: async (kid) => void (await manager.query(sql.ERASE_PRIVATE_HALF, [kid, empty(kid)])),
      activateNow: async (kid) => void (await manager.query(sql.ACTIVATE_NOW, [kid])),
    };
  }

  private rows(manager: EntityManager): Promise<sql.SigningKeyRow[]> {
    return manager.query<sql.SigningKeyRow[]>(sql.KEYS, [this.algorithm]);
  }

  private opened(row: sql.SigningKeyRow): SigningKey {
    const { kid, activeFrom, tokensUntil, algorithm } = row;
    const der = this.unsealed(row);
    const pair = der.length > 0 ? keyPairFromPkcs8(der, algorithm) : (this.given.get(kid) ?? keyPairFromPublicJwk(row.publicJwk as JsonWebKey, algorithm));
    // The seal vouches for the key id, and the key id for the key.
    if (pair.kid !== kid) throw new Error(`Signing key ${kid} is not the key of this id.`);
    return { ...pair, activeFrom, tokensUntil };
  }

  private unsealed({ kid, sealedPrivateKey }: sql.SigningKeyRow): Buffer {
    try {
      return open(this.sealingKey, sealedPrivateKey, kid);
    } catch (cause) {
      const wayOut = `Start with the MASTER_KEY it was stored under, or give the key up: npm run cli -- keys withdraw ${kid}`;
      throw new Error(`Signing key ${kid} cannot be opened: MASTER_KEY is not the one it was stored under. ${wayOut}`, { cause });
    }
  }
}
