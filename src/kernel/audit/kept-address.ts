import { isIPv4 } from 'node:net';
import { networkOf } from '../addresses/index.js';
import type { AuditAddresses } from '../config/index.js';

/** What is kept of an address: all of it; its network, a /24 or a /64; or nothing. */
export const keptAddress = (address: string | null, kept: AuditAddresses): string | null => {
  if (address === null || kept === 'none') return null;
  if (kept === 'full') return address;
  const network = networkOf(address);
  return isIPv4(network) ? network.replace(/\.\d+$/, '.0/24') : network;
};
