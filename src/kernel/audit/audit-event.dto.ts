import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { Page, PageQuery } from '../http/index.js';
import { ACTOR_KINDS, AUDIT_ACTIONS, type ActorKind, type AuditAction, type AuditDetails, type AuditRecord } from './audit-event.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export class AuditPageQueryDto extends PageQuery {
  @ApiPropertyOptional({ enum: AUDIT_ACTIONS, enumName: 'AuditAction' })
  @IsOptional()
  @IsIn(AUDIT_ACTIONS)
  action?: AuditAction;

  /** Only what this user did, or what was done to them. Others than admins see their own in any case. */
  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  @IsOptional()
  @Matches(UUID, { message: 'userId must be a UUID' })
  userId?: string;
}

/** Who did what to whom, from where. */
export class AuditEventDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: AUDIT_ACTIONS, enumName: 'AuditAction' })
  action: AuditAction;

  /** `anyone`: who had not signed in; `system`: the command line, and the service by itself. */
  @ApiProperty({ enum: ACTOR_KINDS, enumName: 'AuditActorKind' })
  actorKind: ActorKind;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  actorId: string | null;

  /** To whom it was done. */
  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  subjectId: string | null;

  /** As `AUDIT_ADDRESSES` says; another's only for admins. */
  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.0/24' })
  ipAddress: string | null;

  /** The request's `X-Request-Id`. */
  @ApiProperty({ type: 'string', nullable: true })
  requestId: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { platform: 'ios' } })
  details: AuditDetails;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** `readerId` null: for who may see everything. */
  static from(event: AuditRecord, readerId: string | null): AuditEventDto {
    const isAnothers = readerId !== null && event.actorId !== null && event.actorId !== readerId;
    return Object.assign(new AuditEventDto(), {
      id: event.id,
      action: event.action,
      actorKind: event.actorKind,
      actorId: event.actorId,
      subjectId: event.subjectId,
      ipAddress: isAnothers ? null : event.ipAddress,
      requestId: event.requestId,
      details: event.details,
      createdAt: event.createdAt.toISOString(),
    } satisfies AuditEventDto);
  }
}

export class AuditEventPageDto extends Page<AuditEventDto> {
  @ApiProperty({ type: () => [AuditEventDto] })
  items: AuditEventDto[];
}
