import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependenciesReadiness } from './dependencies.readiness.js';
import { HealthController } from './health.controller.js';
import { ReadinessRegistry } from './readiness-registry.js';
import { ReadinessService } from './readiness.service.js';

/** Liveness and readiness. Global, so that every module can register what it needs. */
@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DependenciesReadiness, ReadinessRegistry, ReadinessService],
  exports: [ReadinessRegistry],
})
export class HealthModule {}
