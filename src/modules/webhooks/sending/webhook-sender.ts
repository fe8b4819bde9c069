import { OutboundGate, outboundFault, outboundRequest, type OutboundRules, type Resolver } from '../../../kernel/outbound/index.js';

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

  constructor(
    rules: OutboundRules,
    resolve?: Resolver,
    private readonly timeLimitMs = TIME_LIMIT_MS,
  ) {
    this.gate = new OutboundGate(rules, resolve);
  }

  /** Why nothing may be sent there, as far as the text tells; null when it may. */
  refusalOf(text: string): string | null {
    return this.gate.refusalOf(text);
  }

  /** Settles within ten seconds, whatever the receiver does. Rejects only when `signal` gives it up: then it is not known whether it arrived. */
  async send({ url, body, headers }: Sending, signal?: AbortSignal): Promise<SendingResult> {
    if (this.refusalOf(url) !== null) return { status: null, error: 'address_refused' };
    const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'Likeness-Webhooks/1', ...headers };
    try {
      const status = await outboundRequest(url, { method: 'POST', headers: all, body, lookup: this.gate.lookup, timeLimitMs: this.timeLimitMs, signal }, ({ statusCode }) => statusCode ?? null);
      return { status, error: null };
    } catch (error) {
      if (signal?.aborted) throw error;
      return { status: null, error: outboundFault(error as Error) };
    }
  }
}
