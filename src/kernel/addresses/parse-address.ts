import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const PORT = /^(?:\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5})$/;
const ZONE = /%.*$/;

/**
 * The canonical form of an IP address, or null if the text is none. Proxies write more than the address (`203.0.113.7:54321`, `[2001:db8::1]:443`,
 * `fe80::1%eth0`, `::ffff:192.0.2.7`): ports, brackets and zones are dropped, an IPv4-mapped address becomes IPv4, and IPv6 is written as RFC 5952 has it.
 */
export const parseAddress = (text: string): string | null => {
  const trimmed = text.trim();
  const [, bracketed, beforePort] = PORT.exec(trimmed) ?? [];
  const address = (bracketed ?? beforePort ?? trimmed).replace(ZONE, '');
  const family = isIP(address);
  if (family !== 6) return family === 4 && bracketed === undefined ? address : null;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String();
};
