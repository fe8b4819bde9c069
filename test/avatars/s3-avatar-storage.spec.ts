import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Config } from '../../src/kernel/config/index.js';
import { S3AvatarStorage } from '../../src/modules/avatars/storage/s3-avatar-storage.js';
import { sourcePath, variantPath, variantsFolder } from '../../src/modules/avatars/storage/storage-paths.js';
import { describeAvatarStorage } from './avatar-storage.contract.js';
import { startS3rver, type S3Server } from './s3-server.js';

const key = 'a'.repeat(64);
const { TEST_S3_ENDPOINT, TEST_S3_BUCKET = 'likeness', TEST_S3_ACCESS_KEY_ID = '', TEST_S3_SECRET_ACCESS_KEY = '' } = process.env;

/** A real service, where one is given: `node test/kit/radosgw.mjs npm test -- test/avatars/s3`. */
const given: S3Config | null = TEST_S3_ENDPOINT
  ? { endpoint: TEST_S3_ENDPOINT, region: 'us-east-1', bucket: TEST_S3_BUCKET, prefix: '', accessKeyId: TEST_S3_ACCESS_KEY_ID, secretAccessKey: TEST_S3_SECRET_ACCESS_KEY, forcePathStyle: true, timeoutMs: 4_000 }
  : null;

let server: S3Server;
let open: S3AvatarStorage[] = [];

beforeAll(async () => {
  server = given ? { config: given, domain: 'localhost', stop: async () => undefined } : await startS3rver();
});
afterAll(() => server?.stop());
afterEach(() => {
  for (const storage of open) storage.close();
  open = [];
});

const opened = (changes: Partial<S3Config> = {}): S3AvatarStorage => {
  const storage = new S3AvatarStorage({ ...server.config, ...changes });
  open.push(storage);
  return storage;
};

describeAvatarStorage(given ? 'a given S3 service' : 's3rver', async () => opened({ prefix: `${randomUUID()}/` }), { listsPages: given !== null });

/** Everything the port offers, on one storage. */
const attemptsOn = (storage: S3AvatarStorage): (() => Promise<unknown>)[] => [
  () => storage.read(sourcePath(key)),
  () => storage.has(sourcePath(key)),
  () => storage.writtenAt(variantPath(`u1-${key}`, 32, 'png')),
  () => storage.write(sourcePath(key), Buffer.from('bytes')),
  () => storage.writeOnce(variantPath(`u1-${key}`, 32, 'png'), Buffer.from('bytes')),
  () => storage.remove(sourcePath(key)),
  () => storage.removeAll(variantsFolder(`u1-${key}`)),
  async () => {
    for await (const file of storage.list('sources/')) void file;
  },
  () => storage.probe(),
];

async function expectAllToFail(storage: S3AvatarStorage): Promise<void> {
  for (const attempt of attemptsOn(storage)) await expect(attempt()).rejects.toMatchObject({ code: 'avatar.storage_unavailable', status: 503, headers: { 'Retry-After': '1' } });
}

describe('S3AvatarStorage', () => {
  it('takes a bucket that is not there for a failure, never for absent pictures', async () => {
    await expectAllToFail(opened({ bucket: 'not-there' }));
  });

  (given ? it : it.skip)('takes a wrong key and a wrong secret for a failure', async () => {
    await expectAllToFail(opened({ secretAccessKey: 'wrong' }));
    await expectAllToFail(opened({ accessKeyId: 'NOBODY' }));
  });

  it('finds its bucket by a host name of its own, where the path does not name it', async () => {
    const asked: string[] = [];
    const { port } = new URL(server.config.endpoint);
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation(((host: string, options: { all?: boolean }, done: (error: null, found: unknown, family?: number) => void) => {
      asked.push(host);
      if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    }) as never);
    try {
      const prefix = `${randomUUID()}/`;
      const storage = opened({ endpoint: `http://${server.domain}:${port}`, forcePathStyle: false, prefix });
      await storage.probe();
      await storage.write(sourcePath(key), Buffer.from('bytes'));
      const listed: string[] = [];
      for await (const { path } of storage.list('sources/')) listed.push(path);
      expect([String(await storage.read(sourcePath(key))), listed]).toEqual(['bytes', [`sources/${key}`]]);
      expect(String(await opened({ prefix }).read(sourcePath(key)))).toBe('bytes'); // the same bucket as by its path
      await storage.remove(sourcePath(key));
      expect(await storage.has(sourcePath(key))).toBe(false);
      expect([...new Set(asked)]).toEqual([`${server.config.bucket}.${server.domain}`]);
    } finally {
      lookup.mockRestore();
    }
  });

  it('takes a service that is away for a failure', async () => {
    await expectAllToFail(opened({ endpoint: 'http://127.0.0.1:1' }));
  });
});

describe('S3AvatarStorage against a service that misbehaves', () => {
  let stub: Server;
  let behave: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    stub = createServer((request, response) => behave(request, response));
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    stub.closeAllConnections();
    stub.close();
  });
  const stubbed = (): S3AvatarStorage => opened({ endpoint: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`, timeoutMs: 200 });

  it.each<[string, typeof behave]>([
    ['says 500', (_request, response) => void response.writeHead(500).end('<Error><Code>InternalError</Code></Error>')],
    ['says 503 to slow down', (_request, response) => void response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')],
    ['says 403', (_request, response) => void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')],
    ['says what is no S3 at all', (_request, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>Not found</body></html>')],
    ['takes the request and says nothing', (request) => void request.resume()],
    ['hangs up', (request) => void request.socket.destroy()],
    ['hangs up in the middle of an answer', (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    }],
  ])('fails within its time, and never says that there is no picture, when it %s', async (_name, behaviour) => {
    behave = behaviour;
    const startedAt = performance.now();
    const storage = stubbed();
    const outcomes = await Promise.allSettled(attemptsOn(storage).slice(0, 3).map((attempt) => attempt()));
    for (const outcome of outcomes) {
      if (_name === 'hangs up in the middle of an answer' && outcome.status === 'fulfilled') expect(outcome.value).not.toBeNull();
      else expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'avatar.storage_unavailable', status: 503 } });
    }
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});
