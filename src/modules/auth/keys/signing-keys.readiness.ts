import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ReadinessRegistry } from '../../../kernel/health/index.js';
import { SigningKeys } from './signing-keys.service.js';

/** Readiness: there is a key that signs. */
@Injectable()
export class SigningKeysReadiness implements OnModuleInit {
  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly keys: SigningKeys,
  ) {}

  onModuleInit(): void {
    this.registry.register('signingKey', async () => {
      this.keys.current();
      return { status: 'up' };
    });
  }
}
