import type { IncomingMessage } from 'node:http';
import { OutboundGate, outboundFault, outboundRequest, type Resolver } from '../../../kernel/outbound/index.js';
import { AppError, requestInvalid } from '../../../kernel/errors/index.js';
import { avatarBusy, avatarImportFailed, avatarTooLarge } from '../avatars.errors.js';

/** The whole of it: name, connection and bytes. */
const TIME_LIMIT_MS = 10_000;
/** Each holds a picture in memory. */
const MAX_AT_ONCE = 4;

const HEADERS = { accept: 'image/avif, image/webp, image/png, image/jpeg, image/gif', 'user-agent': 'Likeness-Import/1' };

export interface FetchRules {
  readonly maxBytes: number;
  readonly allowedNetworks: readonly string[];
  readonly isHttpAllowed: boolean;
}

/** Gets a picture from an address that somebody gave: never from a private network, never further than it says, never more than an upload may have. */
export class PictureFetcher {
  private readonly gate: OutboundGate;
  private underWay = 0;

  constructor(
    private readonly rules: FetchRules,
    resolve?: Resolver,
    private readonly timeLimitMs = TIME_LIMIT_MS,
  ) {
    this.gate = new OutboundGate(rules, resolve);
  }

  /**
   * Settles within ten seconds, or at once when `signal` gives up.
   * @throws AppError request.invalid (the address itself), avatar.too_large, avatar.import_failed, avatar.busy
   */
  async fetch(url: string, signal?: AbortSignal): Promise<Buffer> {
    const refusal = this.gate.refusalOf(url);
    if (refusal !== null) throw requestInvalid([{ field: 'url', code: 'url_refused', message: `url ${refusal}` }]);
    if (this.underWay >= MAX_AT_ONCE) throw avatarBusy();
    this.underWay += 1;
    try {
      return await outboundRequest(url, { method: 'GET', headers: HEADERS, lookup: this.gate.lookup, timeLimitMs: this.timeLimitMs, signal }, (answer) => this.read(answer));
    } catch (error) {
      throw error instanceof AppError ? error : avatarImportFailed(outboundFault(error as Error), error);
    } finally {
      this.underWay -= 1;
    }
  }

  private async read(answer: IncomingMessage): Promise<Buffer> {
    const { maxBytes } = this.rules;
    // A redirect could lead anywhere; whoever gave the address can give the other one.
    if (answer.statusCode !== 200) throw avatarImportFailed(`status_${answer.statusCode}`);
    if (Number(answer.headers['content-length'] ?? 0) > maxBytes) throw avatarTooLarge(maxBytes);
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes > maxBytes) throw avatarTooLarge(maxBytes);
    }
    return Buffer.concat(chunks);
  }
}
