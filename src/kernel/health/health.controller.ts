import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/index.js';
import { HealthDto, LivenessDto } from './health.dto.js';
import { ReadinessService } from './readiness.service.js';

@ApiTags('operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: ReadinessService,
  ) {}

  /** Whether the process runs; it asks nobody. */
  @Get('live')
  @ApiOkResponse({ type: LivenessDto })
  live(): LivenessDto {
    return { status: 'ok' };
  }

  /** Whether the start is over: migrations are applied and keys are there. Before that nothing listens; it asks nobody, so that a store that is away restarts no instance. */
  @Get('started')
  @ApiOkResponse({ type: LivenessDto })
  started(): LivenessDto {
    return { status: 'ok' };
  }

  /** Whether the service can serve: what it needs, each asked within 800 ms. A warning is ready, with the warning in the body. */
  @Get('ready')
  @ApiOkResponse({ type: HealthDto, description: 'Ready; `status` is `degraded` when there is a warning.' })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'Not ready; `error` lists what fails.' })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.health.check(this.readiness.indicatorFunctions()).catch((error: unknown) => notReady(error, reply));
  }
}

/** Terminus throws what it found; the answer is that body, in its own shape, which probes know, and not a problem. */
const notReady = (error: unknown, reply: FastifyReply): HealthCheckResult => {
  if (!(error instanceof ServiceUnavailableException)) throw error;
  reply.code(503).header('retry-after', '1');
  return error.getResponse() as HealthCheckResult;
};
