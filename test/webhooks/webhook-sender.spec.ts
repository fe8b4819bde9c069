import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Resolver } from '../../src/kernel/outbound/index.js';
import { WebhookSender } from '../../src/modules/webhooks/sending/webhook-sender.js';
import { Receiver } from './receiver.js';

/** Says one address of a name after the other; the last one for ever. */
function resolving(...addresses: string[]): Resolver & { asked: number } {
  const resolver: Resolver & { asked: number } = Object.assign(
    ((_host, _options, done) => done(null, [{ address: addresses[Math.min(resolver.asked++, addresses.length - 1)]!, family: 4 }])) as Resolver,
    { asked: 0 },
  );
  return resolver;
}

const NOWHERE = '198.51.100.7';

describe('a webhook whose name resolves differently the next time', () => {
  let inside: Receiver;
  beforeAll(async () => {
    inside = await Receiver.start();
  });
  afterAll(() => inside.stop());
  const sending = () => ({ url: `http://rebinding.example:${inside.port}/hook`, body: '{"id":"1","type":"user.updated"}', headers: {} });

  it('is refused at the connection itself once the address is private', async () => {
    // The public address of the first time is one that documentation has, allowed here so that it counts as public.
    const resolver = resolving(NOWHERE, '127.0.0.1');
    const sender = new WebhookSender({ allowedNetworks: [NOWHERE], isHttpAllowed: true }, resolver);
    expect(sender.refusalOf(sending().url)).toBeNull();
    resolver('rebinding.example', { all: true }, (_error, found) => expect(found[0]!.address).toBe(NOWHERE)); // whoever looks before likes what he sees
    expect(await sender.send(sending())).toEqual({ status: null, error: 'address_refused' });
    expect([resolver.asked, inside.received.length]).toEqual([2, 0]);
  });

  it('is asked for once for each request: what was judged is what is connected to', async () => {
    const resolver = resolving('127.0.0.1', '10.0.0.1');
    const sender = new WebhookSender({ allowedNetworks: ['127.0.0.1'], isHttpAllowed: true }, resolver);
    expect(await sender.send(sending())).toEqual({ status: 204, error: null });
    expect([resolver.asked, inside.received.length]).toEqual([1, 1]);
    expect(await sender.send(sending())).toEqual({ status: null, error: 'address_refused' });
    expect([resolver.asked, inside.received.length]).toEqual([2, 1]);
  });

  it.each(['10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00::1'])('is refused when it says %s', async (address) => {
    const sender = new WebhookSender({ allowedNetworks: [], isHttpAllowed: true }, (_host, _options, done) => done(null, [{ address, family: address.includes(':') ? 6 : 4 }]));
    expect(await sender.send(sending())).toEqual({ status: null, error: 'address_refused' });
  });
});
