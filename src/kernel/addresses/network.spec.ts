import { describe, expect, it } from '@jest/globals';
import { networkOf } from './network.js';
import { parseAddress } from './parse-address.js';

/** As the service does it: no address is counted that was not parsed. */
const countedAs = (address: string): string => networkOf(parseAddress(address)!);

describe('networkOf', () => {
  it('counts an IPv4 address as itself, in whatever form it comes', () => {
    expect(['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:207', '192.0.2.7:4711'].map(countedAs)).toEqual(Array(4).fill('192.0.2.7'));
    expect(countedAs('192.0.2.7')).not.toBe(countedAs('192.0.2.8'));
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8::1', '2001:0db8:0000:0000:1::'],
    ['fe80::1%eth0', 'FE80::2'],
    ['::1', '0:0:0:0:0:0:0:2'],
    ['[2001:db8::1]:1', '[2001:db8::2]:2'],
  ])('counts the addresses of one IPv6 /64 as one (%s, %s)', (one, other) => {
    expect(countedAs(one)).toBe(countedAs(other));
  });

  it('tells IPv6 networks apart', () => {
    expect(countedAs('2001:db8:1:2::1')).not.toBe(countedAs('2001:db8:1:3::1'));
    expect(countedAs('2001:db8::1')).not.toBe(countedAs('2001:db8:0:1::1'));
  });

  it('writes a network as a CIDR block', () => {
    expect(['2001:db8:1:2::1', '2001:db8::1', '::1'].map(countedAs)).toEqual(['2001:db8:1:2::/64', '2001:db8::/64', '::/64']);
  });
});
