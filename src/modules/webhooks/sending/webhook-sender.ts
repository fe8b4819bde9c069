import { lookup, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { PublicAddresses } from './public-addresses.js';

const TIME_LIMIT_MS = 10_000;

export interface Sending {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The status that came back, or a word for why none did. */
export interface SendingResult {
  readonly status: number | null;
  readonly error: string | null;
}

/**
 * One POST to an address that an admin gave. Every address that the name resolves to is judged at the connection itself, so that a name cannot
 * show one address to a check and another to the request; redirects are not followed, and nothing of the answer is kept but its status.
 */
@Injectable()
export class WebhookSender {
  private readonly addresses: PublicAddresses;
  private readonly isHttpAllowed: boolean;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.addresses = new PublicAddresses(config.webhooks.allowedNetworks);
    this.isHttpAllowed = config.environment !== 'production';
  }

  /** Why nothing may be sent there, as far as the text tells; null when it may. */
  refusalOf(text: string): string | null {
    if (!URL.canParse(text)) return 'must be a URL';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.isHttpAllowed)) return 'must begin with https:';
    if (url.username !== '' || url.password !== '' || url.hash !== '') return 'must have no user, password or fragment';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    return isIP(host) !== 0 && !this.addresses.admits(host) ? 'must not be an address of a private or special network' : null;
  }

  send({ url, body, headers }: Sending): Promise<SendingResult> {
    if (this.refusalOf(url) !== null) return Promise.resolve({ status: null, error: 'address_refused' });
    const options: RequestOptions = {
      method: 'POST',
      agent: false,
      lookup: this.judgedLookup,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'Likeness-Webhooks/1', ...headers },
    };
    return new Promise((resolve) => {
      const sent = (url.startsWith('https:') ? requestHttps : requestHttp)(url, options, (answer: IncomingMessage) => {
        resolve({ status: answer.statusCode ?? null, error: null });
        answer.destroy();
      });
      sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: null, error: wordFor(error) }));
      sent.end(body);
    });
  }

  private readonly judgedLookup: LookupFunction = (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
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
};

const wordFor = ({ code = '', name }: NodeJS.ErrnoException): string =>
  WORDS[code] ?? (name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : /CERT|SSL|TLS|SIGNATURE/.test(code) ? 'tls_failed' : 'connection_failed');
