import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TrustedCallers } from '../../tracing/index.js';

/** What Fastify says of a request as `ip`, where that takes no more than a look. */
export class ClientAddresses {
  private readonly proxies: TrustedCallers | null;

  constructor(trustedProxies: readonly string[]) {
    this.proxies = trustedProxies.length > 0 ? new TrustedCallers(trustedProxies) : null;
  }

  /** Undefined: one that a chain of proxies names, or a client that has gone. */
  of({ socket, headers }: IncomingMessage): string | undefined {
    const { remoteAddress } = socket;
    const named = headers['x-forwarded-for'];
    if (!this.proxies || named === undefined || !this.proxies.includes(remoteAddress)) return remoteAddress;
    return typeof named === 'string' && isIP(named) !== 0 ? named : undefined;
  }
}
