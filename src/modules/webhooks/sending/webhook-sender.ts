import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { OutboundGate, outboundFault, type OutboundRules, type Resolver } from '../../../kernel/outbound/index.js';

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
 * One POST to an address that an admin gave. Redirects are not followed, and nothing of the answer is kept but its
 * status.
 */
export class WebhookSender {
  private readonly gate: OutboundGate;

  constructor(rules: OutboundRules, resolve?: Resolver) {
    this.gate = new OutboundGate(rules, resolve);
  }

  /** Why nothing may be sent there, as far as the text tells; null when it may. */
  refusalOf(text: string): string | null {
    return this.gate.refusalOf(text);
  }

  send({ url, body, headers }: Sending): Promise<SendingResult> {
    if (this.refusalOf(url) !== null) return Promise.resolve({ status: null, error: 'address_refused' });
    const options: RequestOptions = {
      method: 'POST',
      agent: false,
      lookup: this.gate.lookup,
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'Likeness-Webhooks/1', ...headers },
    };
    return new Promise((resolve) => {
      const sent = (url.startsWith('https:') ? requestHttps : requestHttp)(url, options, (answer: IncomingMessage) => {
        resolve({ status: answer.statusCode ?? null, error: null });
        answer.destroy();
      });
      sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: null, error: outboundFault(error) }));
      sent.end(body);
    });
  }
}
