import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from '../kernel/config/index.js';

export const isKeyGiven = (environment: Environment): boolean => Boolean(environment.MASTER_KEY?.trim() || environment.MASTER_KEY_FILE?.trim());

const keyFile = (environment: Environment): string => join(resolve(environment.DATA_DIR?.trim() || './data'), 'master.key');

export const isKeyKept = (environment: Environment): boolean => existsSync(keyFile(environment));

/** Who only looks makes no key: where the settings would have one made, they have one of zeros, under which nothing was ever stored. */
export function withoutMakingKey(environment: Environment): Environment {
  const wouldBeMade = !isKeyGiven(environment) && environment.NODE_ENV?.trim() !== 'production' && !isKeyKept(environment);
  return wouldBeMade ? { ...environment, MASTER_KEY: Buffer.alloc(32).toString('base64') } : environment;
}
