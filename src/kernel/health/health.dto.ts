import { ApiProperty, ApiPropertyOptional, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from '../http/index.js';

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

export class LivenessDto {
  @ApiProperty({ type: 'string', enum: ['ok'] })
  status: 'ok';
}

const CHECK: SchemaObject = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['up', 'degraded', 'down'] }, message: { type: 'string' } },
};

/** What terminus answers. */
export class HealthDto {
  @ApiProperty({ type: 'string', enum: ['ok', 'degraded'] })
  status: string;

  @ApiProperty({ type: 'object', additionalProperties: CHECK, description: 'What is up, or up with a warning.' })
  info: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: CHECK, description: 'What fails.' })
  error: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: CHECK, description: 'Both.' })
  details: Record<string, unknown>;
}

/** A problem that says what terminus found. What is refused before it is asked (the service closes) has none of it. */
export class NotReadyDto extends ProblemDto {
  @ApiPropertyOptional({ type: 'object', additionalProperties: CHECK, description: 'What is up, or up with a warning.' })
  info?: Record<string, unknown>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: CHECK, description: 'What fails.' })
  error?: Record<string, unknown>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: CHECK, description: 'Both.' })
  details?: Record<string, unknown>;
}
