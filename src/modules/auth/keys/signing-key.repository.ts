import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { deriveKey, open, seal } from '../../../kernel/crypto/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { generatePkcs8, signingKeyFromPkcs8, type SigningAlgorithm, type SigningKey } from './signing-key.js';

/** Serialises the creation of the first key among instances that start at once. */
const CREATION_LOCK = 7_305_001;

/** Key pairs in PostgreSQL, private halves sealed with AES-256-GCM under a key derived from `MASTER_KEY`. */
@Injectable()
export class SigningKeyRepository {
  private readonly sealingKey: Buffer;

  constructor(
    private readonly transactions: Transactions,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    this.sealingKey = deriveKey(config.masterKey, 'signing-keys');
  }

  /** All keys that are not withdrawn, youngest activation first, and the database's time. */
  usable(): Promise<{ keys: SigningKey[]; now: Date }> {
    return this.transactions.run((manager) => this.readUsable(manager));
  }

  /** The same; makes the first key of `algorithm` when there is none that may sign, exactly once however many instances ask. */
  usableOrFirst(algorithm: SigningAlgorithm): Promise<{ keys: SigningKey[]; now: Date }> {
    return this.transactions.run(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [CREATION_LOCK]);
      const found = await this.readUsable(manager);
      if (found.keys.some((key) => key.algorithm === algorithm && key.activeFrom <= found.now)) return found;
      await this.insert(manager, algorithm);
      return this.readUsable(manager);
    });
  }

  private async readUsable(manager: EntityManager): Promise<{ keys: SigningKey[]; now: Date }> {
    const rows = await manager
      .createQueryBuilder(SigningKeyEntity, 'key')
      .where('key.withdrawnAt IS NULL OR key.withdrawnAt > clock_timestamp()')
      .orderBy('key.activeFrom', 'DESC')
      .getMany();
    const [{ now }] = await manager.query<[{ now: Date }]>('SELECT clock_timestamp() AS now');
    return { keys: rows.map((row) => this.unsealed(row)), now };
  }

  private async insert(manager: EntityManager, algorithm: SigningAlgorithm): Promise<void> {
    const der = await generatePkcs8(algorithm);
    const { kid, publicJwk } = signingKeyFromPkcs8(der, algorithm, new Date(0));
    const sealedPrivateKey = seal(this.sealingKey, der, kid);
    await manager.insert(SigningKeyEntity, { kid, algorithm, publicJwk, sealedPrivateKey });
  }

  private unsealed(row: SigningKeyEntity): SigningKey {
    try {
      return signingKeyFromPkcs8(open(this.sealingKey, row.sealedPrivateKey, row.kid), row.algorithm, row.activeFrom);
    } catch (cause) {
      throw new Error(`Signing key ${row.kid} cannot be opened: MASTER_KEY is not the one it was stored under.`, { cause });
    }
  }
}
