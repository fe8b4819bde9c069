import { BlockList, isIPv4 } from 'node:net';
import { parseAddress } from './parse-address.js';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** The proxies whose `X-Forwarded-For` and `traceparent` are believed. */
export class TrustedNetworks {
  private readonly networks = new BlockList();

  /** Addresses and CIDR blocks, as `TRUSTED_PROXIES` has them. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address, prefix] = network.split('/') as [string, string | undefined];
      if (prefix !== undefined) this.networks.addSubnet(address, Number(prefix), familyOf(address));
      else {
        const parsed = parseAddress(address) ?? address;
        this.networks.addAddress(parsed, familyOf(parsed));
      }
    }
  }

  /** Takes the canonical form of `parseAddress`. */
  includes(address: string | null): boolean {
    return address !== null && this.networks.check(address, familyOf(address));
  }
}
