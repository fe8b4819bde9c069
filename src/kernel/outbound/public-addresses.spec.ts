import { describe, expect, it } from '@jest/globals';
import { PublicAddresses } from './public-addresses.js';

describe('addresses that requests of ours may reach', () => {
  const addresses = new PublicAddresses([]);

  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.1'])('are not %s', (address) => {
    expect(addresses.admits(address)).toBe(false);
  });

  it.each(['::', '::1', 'fe80::1', 'fd00::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::a00:1', '2002:7f00:1::', '2001:0:7f00::1'])('are not %s', (address) => {
    expect(addresses.admits(address)).toBe(false);
  });

  it.each(['localhost', '', '127.1', '0x7f000001', 'fe80::1%eth0'])('are not what is no address: "%s"', (address) => {
    expect(addresses.admits(address)).toBe(false);
  });

  it.each(['8.8.8.8', '93.184.216.34', '2606:2800:220:1::1', '::ffff:8.8.8.8'])('are public ones: %s', (address) => {
    expect(addresses.admits(address)).toBe(true);
  });

  it('are those that the operator allows, and no more', () => {
    const wider = new PublicAddresses(['10.7.0.0/16', '192.168.1.9']);
    expect(['10.7.3.4', '10.8.0.1', '192.168.1.9', '192.168.1.8', '::ffff:10.7.3.4'].map((address) => wider.admits(address))).toEqual([true, false, true, false, true]);
  });
});
