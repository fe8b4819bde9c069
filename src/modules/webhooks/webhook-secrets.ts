import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { deriveKey, open, seal } from '../../kernel/crypto/index.js';

/** What signs a webhook's requests. It has to be had in clear to sign, so it is kept encrypted, under a key that is not in the database. */
@Injectable()
export class WebhookSecrets {
  private readonly key: Buffer;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    this.key = deriveKey(config.masterKey, 'webhook-secrets');
  }

  make(): string {
    return `whsec_${randomBytes(32).toString('base64url')}`;
  }

  seal(webhookId: string, secret: string): Buffer {
    return seal(this.key, Buffer.from(secret), webhookId);
  }

  /** Those that sign a request now; null when the present one was sealed under another master key. */
  signing({ webhookId, sealedSecret, previousSealedSecret }: { readonly webhookId: string; readonly sealedSecret: Buffer; readonly previousSealedSecret: Buffer | null }): readonly string[] | null {
    const present = this.open(webhookId, sealedSecret);
    const previous = previousSealedSecret && this.open(webhookId, previousSealedSecret);
    return present === null ? null : [present, ...(previous === null ? [] : [previous])];
  }

  /** Null under another master key. */
  open(webhookId: string, sealed: Buffer): string | null {
    try {
      return open(this.key, sealed, webhookId).toString();
    } catch {
      return null;
    }
  }
}
