import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createServer, request as requestOf, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AvatarSweep } from '../../src/modules/avatars/index.js';
import type { StorageRoot } from '../../src/modules/avatars/storage/avatar-storage.js';
import { S3AvatarStorage } from '../../src/modules/avatars/storage/s3-avatar-storage.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { putPicture } from './avatars-client.js';
import { keysNamed } from './keys-named.js';
import { startS3rver, type S3Server } from './s3-server.js';
import { noise } from './test-pictures.js';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;
const says = (status: number, code: string): Behaviour => (request, response) => {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>by the test</Message></Error>`);
};
import { eventually } from '../kit/eventually.js';

const FAILURES: Readonly<Record<string, Behaviour>> = {
  'says 500': says(500, 'InternalError'),
  'says 503 to slow down': says(503, 'SlowDown'),
  'says that it is full': says(507, 'InsufficientStorage'),
  'knows another secret': says(403, 'SignatureDoesNotMatch'),
  'does not know the key': says(403, 'InvalidAccessKeyId'),
  'has lost the bucket': says(404, 'NoSuchBucket'),
  'does not answer in time': (request) => void request.resume(),
  'hangs up': (request) => void request.socket.destroy(),
  'does what it was asked, and loses its answer': (request) => forward(request, (answer) => {
    answer.resume();
    request.socket.destroy();
  }),
};

let server: S3Server;
let proxy: Server;
let behave: Behaviour;
let service: AvatarsApp;
let direct: S3AvatarStorage;
let ada: string;
let side = 40;
let old: Buffer;

function forward(request: IncomingMessage, take: (answer: IncomingMessage) => void): void {
  const { hostname, port } = new URL(server.config.endpoint);
  request.pipe(requestOf({ host: hostname, port, method: request.method, path: request.url, headers: request.headers }, take).on('error', () => request.socket.destroy()));
}
const well: Behaviour = (request, response) =>
  forward(request, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });

beforeAll(async () => {
  server = await startS3rver();
  behave = well;
  proxy = createServer((request, response) => behave(request, response));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { bucket, accessKeyId, secretAccessKey } = server.config;
  const prefix = randomUUID();
  direct = new S3AvatarStorage({ ...server.config, prefix: `${prefix}/` });
  service = await startAvatarsApp({
    STORAGE: 's3',
    S3_ENDPOINT: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    S3_BUCKET: bucket,
    S3_PREFIX: prefix,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    S3_FORCE_PATH_STYLE: 'on',
    S3_TIMEOUT_MS: '2000',
  });
  ada = await service.user();
});
afterAll(async () => {
  behave = well;
  await service?.close();
  direct?.close();
  proxy?.closeAllConnections();
  proxy?.close();
  await server?.stop();
});
beforeEach(async () => {
  expect((await put()).status).toBe(200);
  old = Buffer.from(await (await show('?size=64')).arrayBuffer());
});

/** A picture that no earlier one was. */
const put = async (): Promise<Response> => putPicture(service, ada, '/v1/users/me/avatar', await noise((side += 1), 40).png().toBuffer());
const show = (query: string): Promise<Response> => fetch(`${service.url}/v1/users/${ada}/avatar${query}`);
const ready = (): Promise<Response> => fetch(`${service.url}/health/ready`);

async function stored(root: StorageRoot): Promise<string[]> {
  const names: string[] = [];
  for await (const { path } of direct.list(root)) names.push(path.slice(root.length));
  return names.sort();
}

describe('the service on S3', () => {
  it.each(Object.entries(FAILURES))('when the store %s: 503 and `no-store`, never another picture; nothing half-made remains, and all is well once it is over', async (name, behaviour) => {
    const before = await stored('sources/');
    behave = behaviour;
    const failed = await Promise.all([put(), show('?size=64'), show('?size=32&format=jpeg')]);
    const answers = [...failed, await ready()];
    const sweep = service.app.get(AvatarSweep).run({ dryRun: false });
    await expect(sweep).rejects.toMatchObject({ code: 'avatar.storage_unavailable' });
    behave = well;
    for (const answer of answers) expect([name, answer.status, answer.headers.get('cache-control')]).toEqual([name, 503, 'no-store']);
    expect((await answers[3]!.json()) as object).toMatchObject({ error: { storage: { status: 'down' } } });
    await eventually('the service is ready again', async () => (await ready()).status === 200);
    expect(Buffer.from(await (await show('?size=64')).arrayBuffer()).equals(old)).toBe(true);
    expect((await show('?size=32&format=jpeg')).status).toBe(200);
    const after = await stored('sources/');
    // What it stored without saying so is whole, nobody's, and the sweep's after a day.
    expect(after.filter((key) => !before.includes(key)).length).toBeLessThanOrEqual(name.startsWith('does what') ? 1 : 0);
    for (const key of await keysNamed(service.databaseUrl)) expect(after).toContain(key);
    expect((await put()).status).toBe(200);
  });

  it('removing a picture needs no storage: 204, and the old one is never shown again', async () => {
    behave = FAILURES['says 500']!;
    const removal = await fetch(`${service.url}/v1/users/me/avatar`, { method: 'DELETE', headers: { authorization: `Bearer ${ada}` } });
    expect([removal.status, (await show('?size=64')).status]).toEqual([204, 503]);
    behave = well;
    const generated = await show('?size=64');
    expect([generated.status, Buffer.from(await generated.arrayBuffer()).equals(old)]).toEqual([200, false]);
  });
});
