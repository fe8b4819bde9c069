import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { PublicAddresses } from './public-addresses.js';

/** As `dns.lookup` with `all`. */
export type Resolver = (host: string, options: LookupAllOptions, done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void) => void;

export interface OutboundRules {
  /** Private addresses or CIDR blocks that may be reached all the same. */
  readonly allowedNetworks: readonly string[];
  /** Whether `http:` will do. */
  readonly isHttpAllowed: boolean;
}

/**
 * Where requests to addresses that somebody gave may go. Give `lookup` to the request: every address that the name resolves to is judged at the
 * connection itself, so that a name cannot show one address to a check and another to the request. Redirects are not for following.
 */
export class OutboundGate {
  private readonly addresses: PublicAddresses;

  constructor(
    private readonly rules: OutboundRules,
    private readonly resolve: Resolver = lookup,
  ) {
    this.addresses = new PublicAddresses(rules.allowedNetworks);
  }

  /** Why nothing may be asked of it, as far as the text tells; null when it may. */
  refusalOf(text: string): string | null {
    if (!URL.canParse(text)) return 'must be a URL';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.rules.isHttpAllowed)) return 'must begin with https:';
    if (url.username !== '' || url.password !== '' || url.hash !== '') return 'must have no user, password or fragment';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    return isIP(host) !== 0 && !this.addresses.admits(host) ? 'must not be an address of a private or special network' : null;
  }

  /** Fails with the code ADDRESS_REFUSED when no address of the name may be reached. */
  readonly lookup: LookupFunction = (host, options, done) => {
    this.resolve(host, { ...options, all: true }, (error, found) => {
      const admitted = (found ?? []).filter(({ address }) => this.addresses.admits(address));
      const [first] = admitted;
      if (error || !first) return done(error ?? Object.assign(new Error('no address may be reached'), { code: 'ADDRESS_REFUSED' }), '', 0);
      return options.all ? done(null, admitted) : done(null, first.address, first.family);
    });
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ADDRESS_REFUSED: 'address_refused',
  ENOTFOUND: 'name_unknown',
  EAI_AGAIN: 'name_unknown',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ABORT_ERR: 'timeout',
  ETIMEDOUT: 'timeout',
  PROTOCOL_REFUSED: 'protocol_refused',
};

/** A word for why no answer came; the error's own text may name addresses. */
export const outboundFault = ({ code = '', name }: NodeJS.ErrnoException): string =>
  WORDS[code] ?? (name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : /CERT|SSL|TLS|SIGNATURE/.test(code) ? 'tls_failed' : 'connection_failed');
