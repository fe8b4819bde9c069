import { mac } from '../../../kernel/crypto/index.js';

/** `t=<epoch seconds>,v1=<HMAC-SHA-256 of "<t>.<body>", hex>`: the time is signed too, so that an old request cannot be sent again as a new one. */
export const signatureOf = (secret: string, epochSeconds: number, body: string): string =>
  `t=${epochSeconds},v1=${mac(Buffer.from(secret), `${epochSeconds}.`, body).toString('hex')}`;
