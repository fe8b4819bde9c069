import { Controller, Get, Req, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiServiceUnavailableResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, PROBLEM_TYPE, Public } from '../http/index.js';
import { HealthDto, LivenessDto, NotReadyDto } from './health.dto.js';
import { serviceNotReady } from './health.errors.js';
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
  @ApiExtraModels(NotReadyDto)
  @ApiServiceUnavailableResponse({ description: 'Not ready; `error` lists what fails.', content: { [PROBLEM_TYPE]: { schema: { $ref: getSchemaPath(NotReadyDto) } } } })
  ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult | NotReadyDto> {
    return this.health.check(this.readiness.indicatorFunctions()).catch((error: unknown) => notReady(error, request, reply));
  }
}

/** Terminus throws what it found: a problem like every other, with all of that beside it. */
const notReady = (error: unknown, request: FastifyRequest, reply: FastifyReply): NotReadyDto => {
  if (!(error instanceof ServiceUnavailableException)) throw error;
  const { info, error: failing, details } = error.getResponse() as Required<HealthCheckResult>;
  const { status, headers, body } = problemOf(serviceNotReady(Object.keys(failing)), request.id);
  reply.code(status).headers(headers);
  return { ...body, info, error: failing, details };
};
