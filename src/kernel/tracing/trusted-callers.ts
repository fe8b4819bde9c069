import { BlockList, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Those whose word on the trace that a request belongs to is taken; anybody else could make us record, or join traces that are not theirs. */
export class TrustedCallers {
  private readonly networks = new BlockList();

  /** Addresses and CIDR blocks. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address, prefix] = network.split('/') as [string, string | undefined];
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.networks.addAddress(address, family);
      else this.networks.addSubnet(address, Number(prefix), family);
    }
  }

  /** By the address of the connection itself. */
  includes(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = MAPPED.exec(address)?.[1] ?? address;
    return this.networks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  }
}
