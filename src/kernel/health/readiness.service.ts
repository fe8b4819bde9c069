import { Injectable, Logger } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction, type HealthIndicatorResult } from '@nestjs/terminus';
import { NotReadyError } from './not-ready.error.js';
import { ReadinessRegistry, type ReadinessCheck } from './readiness-registry.js';

/** Below the second that most probes wait. */
const CHECK_TIMEOUT_MS = 800;

/** The registered checks as terminus wants them: in parallel, each with its own time limit. */
@Injectable()
export class ReadinessService {
  private readonly logger = new Logger('Health');

  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly indicators: HealthIndicatorService,
  ) {}

  indicatorFunctions(): HealthIndicatorFunction[] {
    return this.registry.entries().map(
      ([name, check]) =>
        () =>
          this.run(name, check),
    );
  }

  private async run(name: string, check: ReadinessCheck): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      const { status, message } = await withTimeLimit(check);
      return status === 'up' ? indicator.up(message) : indicator.degraded(message);
    } catch (error) {
      this.logger.warn({ msg: 'not ready', check: name, cause: error instanceof Error ? error.name : typeof error });
      return indicator.down(error instanceof NotReadyError ? error.message : 'does not answer');
    }
  }
}

const withTimeLimit = async <T>(work: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NotReadyError(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
};
