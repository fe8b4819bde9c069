import { Injectable } from '@nestjs/common';
import { NotReadyError } from './not-ready.error.js';

/** `warning` is ready, with something that an operator should know. Throwing means not ready. */
export interface ReadinessAnswer {
  readonly status: 'up' | 'warning';
  readonly message?: string;
}

export type ReadinessCheck = () => Promise<ReadinessAnswer>;

/** Where modules put what they need in order to serve. A check uses the shared clients: it never opens a connection of its own. */
@Injectable()
export class ReadinessRegistry {
  private readonly checks = new Map<string, ReadinessCheck>();

  /** @param name as it stands in the answer of `/health/ready`, such as `storage`; once each. */
  register(name: string, check: ReadinessCheck): void {
    if (this.checks.has(name)) throw new Error(`Readiness check ${name} is registered twice`);
    this.checks.set(name, check);
  }

  /** From here on not ready, whatever else is well: the process is about to end. */
  drain(): void {
    this.checks.set('instance', () => Promise.reject(new NotReadyError('is shutting down')));
  }

  entries(): readonly (readonly [string, ReadinessCheck])[] {
    return [...this.checks];
  }
}
