import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { ClientAddresses } from './client-addresses.js';

type ProxyAddr = ((request: IncomingMessage, trust: unknown) => string) & { compile(trusted: string[]): unknown };
const require = createRequire(import.meta.url);
const proxyAddr = createRequire(require.resolve('fastify'))('@fastify/proxy-addr') as ProxyAddr;

const PROXIES = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];

const requestFrom = (remoteAddress: string | undefined, named?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, connection: { remoteAddress }, headers: named === undefined ? {} : { 'x-forwarded-for': named } }) as unknown as IncomingMessage;

/** What Fastify's `ip` is, which trusts by this package. */
const ipByFastify = (trusted: string[], remoteAddress: string, named?: string): string => proxyAddr(requestFrom(remoteAddress, named), proxyAddr.compile(trusted));

const of = (trusted: readonly string[], remoteAddress: string | undefined, named?: string): string | undefined => new ClientAddresses(trusted).of(requestFrom(remoteAddress, named));

describe('ClientAddresses', () => {
  it.each([
    ['203.0.113.9', undefined],
    ['203.0.113.9', '198.51.100.1'],
    ['10.1.2.3', undefined],
    ['10.1.2.3', '198.51.100.1'],
    ['10.1.2.3', '10.9.9.9'],
    ['192.0.2.7', '2001:db8::1'],
    ['::ffff:10.1.2.3', '198.51.100.1'],
    ['fd00::5', '198.51.100.1'],
    ['::1', '198.51.100.1'],
  ])('says what Fastify says of a connection from %s for %s', (remoteAddress, named) => {
    expect(of(PROXIES, remoteAddress, named)).toBe(ipByFastify(PROXIES, remoteAddress, named));
    expect(of([], remoteAddress, named)).toBe(ipByFastify([], remoteAddress, named));
  });

  it.each(['198.51.100.1, 10.0.0.1', '198.51.100.1,203.0.113.9', 'unknown', '198.51.100.1:4711', ''])('leaves what a proxy says as “%s” to Fastify', (named) => {
    expect(of(PROXIES, '10.1.2.3', named)).toBeUndefined();
  });

  it('does not know the address of who has gone', () => {
    expect(of(PROXIES, undefined, '198.51.100.1')).toBeUndefined();
  });
});
