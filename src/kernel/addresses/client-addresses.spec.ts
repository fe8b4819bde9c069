import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { ClientAddresses } from './client-addresses.js';

type ProxyAddr = ((request: IncomingMessage, trust: unknown) => string) & { compile(trusted: string[]): unknown };
const require = createRequire(import.meta.url);
const proxyAddr = createRequire(require.resolve('fastify'))('@fastify/proxy-addr') as ProxyAddr;

const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', 'fe80::7%eth0'];

const requestFrom = (remoteAddress: string | undefined, named?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, connection: { remoteAddress }, headers: named === undefined ? {} : { 'x-forwarded-for': named } }) as unknown as IncomingMessage;

/** What Express and Fastify would say, on addresses in their plain form. */
const ipByFastify = (trusted: string[], remoteAddress: string, named?: string): string => proxyAddr(requestFrom(remoteAddress, named), proxyAddr.compile(trusted));

const of = (trusted: readonly string[], remoteAddress: string | undefined, named?: string): string | null => new ClientAddresses(trusted).of(requestFrom(remoteAddress, named));

describe('ClientAddresses', () => {
  it.each([
    ['203.0.113.9', undefined],
    ['203.0.113.9', '198.51.100.1'],
    ['10.1.2.3', undefined],
    ['10.1.2.3', '198.51.100.1'],
    ['10.1.2.3', '10.9.9.9'],
    ['10.1.2.3', '10.9.9.9, 10.8.8.8'],
    ['10.1.2.3', '198.51.100.1, 10.0.0.1'],
    ['10.1.2.3', '198.51.100.1,203.0.113.9'],
    ['192.0.2.7', '2001:db8::1'],
    ['::ffff:10.1.2.3', '198.51.100.1'],
    ['fd00::5', '198.51.100.1'],
    ['::1', '198.51.100.1'],
  ])('says what Fastify says of a connection from %s for %s', (remoteAddress, named) => {
    const plain = (address: string): string => address.replace(/^::ffff:/, '');
    expect(of(PROXIES, remoteAddress, named)).toBe(plain(ipByFastify(PROXIES, remoteAddress, named)));
    expect(of([], remoteAddress, named)).toBe(plain(remoteAddress));
  });

  it('reads the address out of what a proxy adds to it', () => {
    const named = ['198.51.100.1:54321', '198.51.100.1:4', '::ffff:198.51.100.1', '[::ffff:c633:6401]:443'];
    expect(named.map((each) => of(PROXIES, '10.1.2.3', each))).toEqual(Array(4).fill('198.51.100.1'));
    expect(of(PROXIES, '10.1.2.3', '[2001:DB8::1]:443')).toBe('2001:db8::1');
  });

  it('trusts a proxy that is named with a port, in brackets or with a zone', () => {
    for (const proxy of ['10.9.9.9:4711', '[fd00::5]:443', '::ffff:10.9.9.9', 'fe80::7%eth1']) expect(of(PROXIES, '10.1.2.3', `198.51.100.1, ${proxy}`)).toBe('198.51.100.1');
    expect(of(PROXIES, 'fe80::7%eth0', '198.51.100.1')).toBe('198.51.100.1');
  });

  it.each(['unknown', '<script>', 'x'.repeat(300), '', ' ', '_secret', '198.51.100.1, unknown', '198.51.100.1, unknown, 10.2.2.2', 'unknown, 10.2.2.2'])('takes the connection’s own where a proxy says “%s”', (named) => {
    expect(of(PROXIES, '10.1.2.3', named)).toBe('10.1.2.3');
  });

  it('does not let what a client wrote before a good address matter', () => {
    expect(of(PROXIES, '10.1.2.3', '<script>, unknown, 198.51.100.1:5, 10.0.0.1:6')).toBe('198.51.100.1');
  });

  it('trusts everybody where the operator says so', () => {
    expect(of(['0.0.0.0/0', '::/0'], '203.0.113.9', '198.51.100.1, 203.0.113.10')).toBe('198.51.100.1');
  });

  it('does not know the address of who has gone', () => {
    expect(of(PROXIES, undefined, '198.51.100.1')).toBeNull();
  });
});
