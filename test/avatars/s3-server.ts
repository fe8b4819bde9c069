import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Config } from '../../src/kernel/config/index.js';

interface S3rverInstance {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}
// It ships no types.
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rverInstance;

export interface S3Server {
  /** A host name below which each bucket has one: `<bucket>.<it>`; nobody resolves it. */
  readonly domain: string;
  readonly config: S3Config;
  stop(): Promise<void>;
}

/**
 * A small S3 server in this process. It is a smoke test only: it accepts wrong secrets and knows no conditional writes. What S3
 * really does is tried against Ceph (TEST_S3_ENDPOINT, see test/kit/radosgw.mjs).
 */
export async function startS3rver(): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'likeness-s3-'));
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, serviceEndpoint: 'likeness.test', configureBuckets: [{ name: 'likeness' }] });
  const { port } = await server.run();
  return {
    domain: 's3.likeness.test',
    config: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket: 'likeness',
      prefix: 'avatars/',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      forcePathStyle: true,
      timeoutMs: 4_000,
    },
    stop: async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
