import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { FairLine } from '../../src/kernel/fair-queue/index.js';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { eventually } from '../kit/eventually.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { quarters } from './test-pictures.js';

let service: AvatarsApp;
beforeAll(async () => {
  service = await startAvatarsApp({ AVATAR_DECODE_CONCURRENCY: '1', AVATAR_DECODE_QUEUE: '9', TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await service.close();
});

it('uploads of one address keep those of another waiting for one turn, not for all of them', async () => {
  const waits = jest.spyOn(FairLine.prototype, 'wait');
  const picture = new Uint8Array(await quarters(64, 64).png().toBuffer());
  const served: string[] = [];
  const put = async (user: string, address: string): Promise<number> => {
    const headers = { authorization: `Bearer ${user}`, 'content-type': 'image/png', 'x-forwarded-for': address };
    const { status } = await fetch(`${service.url}/v1/users/me/avatar`, { method: 'PUT', headers, body: picture });
    served.push(address);
    return status;
  };
  let open = (): void => undefined;
  const decoding = service.app.get(DecodeGate, { strict: false }).run('upload', () => new Promise<void>((resolve) => (open = resolve)));

  // Of several accounts: the crowd is known by its address.
  const crowd: Promise<number>[] = [];
  for (let index = 0; index < 8; index += 1) crowd.push(put(await service.user(`Mallory ${index}`), '192.0.2.1'));
  // Two are the next to be decoded, and wait there; the others in line.
  await eventually('the crowd waits', () => waits.mock.calls.length === 8);
  const ada = put(await service.user('Ada'), '192.0.2.2');
  await eventually('Ada waits too', () => waits.mock.calls.length === 9);
  open();
  await decoding;
  expect([await ada, ...(await Promise.all(crowd))]).toEqual(Array<number>(9).fill(200));
  expect(served.indexOf('192.0.2.2')).toBeLessThan(6);
});
