import { isIPv6 } from 'node:net';

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Whom an address is counted as: an IPv4 address as itself, an IPv6 address as its /64, the smallest network that anybody
 * is given, of which each device has as many addresses as it likes (RFC 6177, RFC 8981).
 */
export const networkOf = (address: string): string => {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped) return mapped;
  const [head, tail] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = tail ? GROUPS - head!.length - tail.length : 0;
  const groups = [...head!, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...(tail ?? [])];
  return `${groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
};
