import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventBus } from '../../../kernel/events/index.js';
import { Metrics } from '../../../kernel/metrics/index.js';
import { SigningKeyLedger } from './signing-key-ledger.service.js';
import { SigningKeys } from './signing-keys.service.js';

const RELOAD_INTERVAL_MS = 60_000;

/** Reads the keys at start and each minute, and schedules the next one when it is due. The command line, which serves nobody, does not. */
@Injectable()
export class SigningKeyRotation implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('SigningKeys');
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> = Promise.resolve();

  constructor(
    private readonly ledger: SigningKeyLedger,
    private readonly keys: SigningKeys,
    private readonly events: EventBus,
    private readonly host: HttpAdapterHost,
    metrics: Metrics,
  ) {
    metrics.gauges({ signing_key_age_seconds: 'For how long the key that signs has been the one that does; none while nothing can be signed.' }, async () => ({
      signing_key_age_seconds: (keys.now().getTime() - keys.current().activeFrom.getTime()) / 1000,
    }));
  }

  /** Throws when no key can be had. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.host.httpAdapter) return;
    await this.ledger.ensureSigning();
    await this.keys.load();
    for (const event of ['signing-keys.changed', 'facts.missed'] as const) this.events.on(event, 'delivered', () => this.keys.reload());
    this.timer = setInterval(() => void (this.pass = this.run()), RELOAD_INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.pass;
  }

  /** One pass: what others changed, then what is due. */
  async run(): Promise<void> {
    try {
      await this.keys.reload();
      const next = this.keys.youngest();
      if (!next || !this.ledger.isDue(next.activeFrom, this.keys.now())) return;
      if (await this.ledger.rotateIfDue()) this.logger.log('The next signing key is published and signs when its time has come');
      await this.keys.reload();
    } catch (error) {
      this.logger.warn(`Signing keys were not rotated; the next minute tries again: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
}
