import { mac } from '../../../kernel/crypto/index.js';

/**
 * `t=<epoch seconds>,v1=<HMAC-SHA-256 of "<t>.<body>", hex>`, with a `v1` for each secret: the time is signed too, so that an old request cannot be
 * sent again as a new one.
 */
export const signatureOf = (secrets: readonly string[], epochSeconds: number, body: string): string =>
  [`t=${epochSeconds}`, ...secrets.map((secret) => `v1=${mac(Buffer.from(secret), `${epochSeconds}.`, body).toString('hex')}`)].join(',');
