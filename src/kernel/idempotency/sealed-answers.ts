import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { deriveKey, mac, open, seal } from '../crypto/index.js';
import type { IdempotentCall } from './idempotent-call.js';

export interface CallMarks {
  /** Principal, route and key. */
  readonly marker: Buffer;
  /** The body; with the key, so that nobody who lacks it can try passwords against this instead of their hash. */
  readonly bodyMac: Buffer;
  /** From the client's key and body, neither of which is kept. */
  readonly sealKey: Buffer;
}

/** What is kept of a call, and what closes its answer. With the database and the master key, but not the client's key, nothing of it can be read. */
@Injectable()
export class SealedAnswers {
  private readonly key: Buffer;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.key = deriveKey(config.masterKey, 'idempotency-keys');
  }

  marksOf({ principal, route, key, body }: IdempotentCall): CallMarks {
    const marked = (purpose: string, ...more: unknown[]): Buffer => mac(this.key, JSON.stringify([purpose, principal, route, key, ...more]));
    return { marker: marked('marker'), bodyMac: marked('body', body ?? null), sealKey: marked('answer', body ?? null) };
  }

  seal({ sealKey, marker }: CallMarks, answer: unknown): Buffer {
    return seal(sealKey, Buffer.from(JSON.stringify(answer)), marker.toString('hex'));
  }

  open({ sealKey, marker }: CallMarks, sealed: Buffer): unknown {
    return JSON.parse(open(sealKey, sealed, marker.toString('hex')).toString());
  }
}
