import type { DataSource } from 'typeorm';
import type { AppConfig } from '../../../kernel/config/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import type { SigningKeyState } from './signing-key.js';
import { SigningKeyRepository } from './signing-key.repository.js';

/** The states of all keys, once each that is in use was opened. Throws when MASTER_KEY is another. */
export async function inspectSigningKeys(dataSource: DataSource, config: AppConfig): Promise<readonly SigningKeyState[]> {
  const repository = new SigningKeyRepository(new Transactions(dataSource), config);
  await repository.usable();
  return (await repository.all()).map(({ state }) => state);
}
