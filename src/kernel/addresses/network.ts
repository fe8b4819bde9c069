import ipaddr from 'ipaddr.js';

const NETWORK_BITS = 64;
const NETWORK_GROUPS = NETWORK_BITS / 16;

/**
 * The network that limits and the audit log count an address under. Takes the canonical form of `parseAddress`. An IPv4 address stands for itself,
 * an IPv6 address for its /64: the smallest network that is assigned, in which each device has as many addresses as it likes (RFC 6177, RFC 8981).
 */
export const networkOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const { parts } = ipaddr.IPv6.parse(address);
  return `${new ipaddr.IPv6(parts.map((part, index) => (index < NETWORK_GROUPS ? part : 0))).toRFC5952String()}/${NETWORK_BITS}`;
};
