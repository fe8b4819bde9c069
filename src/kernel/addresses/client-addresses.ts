import type { IncomingMessage } from 'node:http';
import { parseAddress } from './parse-address.js';
import { TrustedNetworks } from './trusted-networks.js';

/** The one place that says which address a request comes from. */
export class ClientAddresses {
  private readonly proxies: TrustedNetworks | null;

  /** `trustedProxies`: addresses and CIDR blocks whose `X-Forwarded-For` is believed. */
  constructor(trustedProxies: readonly string[]) {
    this.proxies = trustedProxies.length > 0 ? new TrustedNetworks(trustedProxies) : null;
  }

  /**
   * The last address that no trusted proxy is, in the canonical form of `parseAddress`. The connection's own where a proxy names none, or what it names
   * is no address: a name that anybody could change at will must not become a key. Null when the client has gone.
   */
  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string | null {
    const peer = socket.remoteAddress === undefined ? null : parseAddress(socket.remoteAddress);
    const named = headers['x-forwarded-for'];
    if (!this.proxies?.includes(peer) || named === undefined) return peer;
    return this.lastUntrusted(String(named).split(','), this.proxies) ?? peer;
  }

  /** Null when something on the way to it cannot be read. */
  private lastUntrusted(hops: readonly string[], proxies: TrustedNetworks): string | null {
    let address: string | null = null;
    for (const hop of hops.toReversed()) {
      address = parseAddress(hop);
      if (!proxies.includes(address)) return address;
    }
    return address;
  }
}
