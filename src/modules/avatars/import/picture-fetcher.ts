import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { OutboundGate, outboundFault, type Resolver } from '../../../kernel/outbound/index.js';
import { requestInvalid } from '../../../kernel/errors/index.js';
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
  ) {
    this.gate = new OutboundGate(rules, resolve);
  }

  /** @throws AppError request.invalid (the address itself), avatar.too_large, avatar.import_failed, avatar.busy */
  async fetch(url: string): Promise<Buffer> {
    const refusal = this.gate.refusalOf(url);
    if (refusal !== null) throw requestInvalid([{ field: 'url', code: 'url_refused', message: `url ${refusal}` }]);
    if (this.underWay >= MAX_AT_ONCE) throw avatarBusy();
    this.underWay += 1;
    try {
      return await this.get(url);
    } finally {
      this.underWay -= 1;
    }
  }

  private get(url: string): Promise<Buffer> {
    const { maxBytes } = this.rules;
    const options = { agent: false, lookup: this.gate.lookup, headers: HEADERS, signal: AbortSignal.timeout(TIME_LIMIT_MS) };
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(avatarImportFailed(outboundFault(error), error));
      const sent = (url.startsWith('https:') ? requestHttps : requestHttp)(url, options, (answer: IncomingMessage) => {
        const chunks: Buffer[] = [];
        let received = 0;
        const give = (up: () => void): void => {
          up();
          sent.destroy();
        };
        // A redirect could lead anywhere; whoever gave the address can give the other one.
        if (answer.statusCode !== 200) return give(() => reject(avatarImportFailed(`status_${answer.statusCode}`)));
        if (Number(answer.headers['content-length'] ?? 0) > maxBytes) return give(() => reject(avatarTooLarge(maxBytes)));
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          received += chunk.length;
          if (received > maxBytes) give(() => reject(avatarTooLarge(maxBytes)));
        });
        answer.once('error', failed).once('end', () => resolve(Buffer.concat(chunks)));
      });
      sent.once('error', failed).end();
    });
  }
}
