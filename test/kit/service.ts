import { describe } from '@jest/globals';
import type { SettingName } from '../../src/kernel/config/index.js';
import { Api, ApiClient } from './api.js';
import { testEnvironment } from './environment.js';
import { withDatabase } from './postgres.js';
import { isLong } from './run-length.js';
import { testRedis } from './redis.js';
import { SpawnedService, type Circumstances } from './spawned-service.js';

/** The two sets of stores the service runs on; every promise holds on both. */
export const SHAPES = ['PostgreSQL alone', 'PostgreSQL and Redis'] as const;
export type Shape = (typeof SHAPES)[number];

export interface BundledService {
  /** One client per instance; all share the stores. */
  readonly instances: readonly ApiClient[];
  readonly api: ApiClient;
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly dataDir: string;
  stop(): Promise<void>;
}

export interface TestService extends BundledService {
  readonly instances: readonly Api[];
  readonly api: Api;
}

/** The whole service on stores of its own, inside this process: for tests that reach into it. It costs a file two seconds more than a bundle does. */
export async function startService(shape: Shape, settings: Partial<Record<SettingName, string>> = {}, instanceCount = 1): Promise<TestService> {
  const database = await withDatabase();
  const redis = shape === 'PostgreSQL and Redis' ? await testRedis() : null;
  const { testConfig } = await import('./config.js'); // most files talk to the bundle, and need none of this
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

/**
 * The service as operators start it, on stores of its own: the bundle, a process for each instance. `stop` kills them, and throws when one was over before.
 */
export async function startBundledService(
  shape: Shape,
  settings: Partial<Record<SettingName, string>> = {},
  instanceCount = 1,
  circumstances: Circumstances = {},
): Promise<BundledService> {
  const database = await withDatabase();
  const redis = shape === 'PostgreSQL and Redis' ? await testRedis() : null;
  const environment = testEnvironment({ DATABASE_URL: database.url, RATE_LIMITS: 'on', ...(redis && { REDIS_URL: redis.url }), ...settings });
  const processes = await Promise.all(Array.from({ length: instanceCount }, () => SpawnedService.start(environment, circumstances)));
  const instances = processes.map(({ url }) => new ApiClient(url, Number(new URL(url).port)));
  return {
    instances,
    api: instances[0]!,
    databaseUrl: database.url,
    redisUrl: redis?.url ?? null,
    dataDir: environment.DATA_DIR,
    stop: async () => {
      const ended = processes.find((each) => each.isOver);
      await Promise.all(processes.map((each) => each.kill()));
      await Promise.all([database.drop(), redis?.close()]);
      if (ended) throw new Error(`the service was over before the end: ${ended.words}`);
    },
  };
}

/** The same tests on both sets of stores: for what asks the store of tokens, and for every promise. */
export const describeOnBothShapes = (name: string, tests: (shape: Shape) => void): void => {
  describe.each(SHAPES.map((shape) => ({ shape })))(`${name}, on $shape`, ({ shape }) => tests(shape));
};

/**
 * The same tests on both sets of stores in `npm run test:long`, and on one of them in `npm test`: for what is the same code above the store of tokens
 * and the cache, whose own tests and proofs run on both. Some files take the one, some the other.
 */
export const describeOnEitherShape = (name: string, tests: (shape: Shape) => void, inShortRuns: Shape = 'PostgreSQL and Redis'): void => {
  if (isLong) describeOnBothShapes(name, tests);
  else describe(`${name}, on ${inShortRuns}`, () => tests(inShortRuns));
};
