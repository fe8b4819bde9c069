import { describe } from '@jest/globals';
import type { SettingName } from '../../src/kernel/config/index.js';
import { Api } from './api.js';
import { testConfig } from './config.js';
import { withDatabase } from './postgres.js';
import { testRedis } from './redis.js';

/** The two sets of stores the service runs on; every promise holds on both. */
export const SHAPES = ['PostgreSQL alone', 'PostgreSQL and Redis'] as const;
export type Shape = (typeof SHAPES)[number];

export interface TestService {
  /** One client per instance; all share the stores. */
  readonly instances: readonly Api[];
  readonly api: Api;
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** The whole service on stores of its own. */
export async function startService(shape: Shape, settings: Partial<Record<SettingName, string>> = {}, instanceCount = 1): Promise<TestService> {
  const database = await withDatabase();
  const redis = shape === 'PostgreSQL and Redis' ? await testRedis() : null;
  const config = testConfig({ DATABASE_URL: database.url, ...(redis && { REDIS_URL: redis.url }), ...settings });
  const instances: Api[] = [];
  for (let count = 0; count < instanceCount; count++) instances.push(await Api.start(config));
  return {
    instances,
    api: instances[0]!,
    databaseUrl: database.url,
    redisUrl: redis?.url ?? null,
    dataDir: config.dataDir,
    stop: async () => {
      await Promise.all(instances.map((instance) => instance.close()));
      await Promise.all([database.drop(), redis?.close()]);
    },
  };
}

/** The same tests on both sets of stores. */
export const describeOnBothShapes = (name: string, tests: (shape: Shape) => void): void => {
  describe.each(SHAPES.map((shape) => ({ shape })))(`${name}, on $shape`, ({ shape }) => tests(shape));
};
