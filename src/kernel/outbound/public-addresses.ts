import { BlockList, isIP, isIPv6 } from 'node:net';

/** Networks that are nobody's on the public Internet, or this network's own (IANA special-purpose registries, RFC 6890). */
const SPECIAL = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // Of IPv6 only 2000::/3 is given to networks of the Internet (RFC 4291 §2.4). What lies outside: loopback, mapped addresses, NAT64, discard, SRv6, local, multicast.
  ...['::/3', '4000::/2', '8000::/1'],
  // Within it: Teredo, ORCHID and other protocol assignments; documentation; 6to4; AS112.
  ...['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
];

const listOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
};

/** An IPv4 address in the form of IPv6 is that address: a connection to it goes there. */
const plain = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;

/** Which addresses requests of ours may reach: public ones, and what the operator allows. */
export class PublicAddresses {
  // Apart: in one list an IPv4 address would also be looked for, as `::ffff:…`, among the networks of IPv6.
  private readonly special = {
    ipv4: listOf(SPECIAL.filter((network) => !network.includes(':'))),
    ipv6: listOf(SPECIAL.filter((network) => network.includes(':'))),
  };
  private readonly allowed: BlockList;

  constructor(allowedNetworks: readonly string[]) {
    this.allowed = listOf(allowedNetworks);
  }

  admits(text: string): boolean {
    const address = plain(text);
    if (isIP(address) === 0) return false;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    return this.allowed.check(address, family) || !this.special[family].check(address, family);
  }
}
