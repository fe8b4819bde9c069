import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CurrentSession, type SessionPrincipal } from '../http/index.js';
import { AuditEventPageDto, AuditPageQueryDto } from './audit-event.dto.js';
import { AuditReader } from './audit-reader.service.js';

@ApiTags('audit')
@ApiBearerAuth()
@Controller('v1/audit-events')
export class AuditEventsController {
  constructor(private readonly audit: AuditReader) {}

  /** Who did what to whom, from where; newest first. Admins see everything, others what they did and what was done to them. */
  @Get()
  @ApiOkResponse({ type: AuditEventPageDto })
  @ApiProblems()
  listAuditEvents(@CurrentSession() me: SessionPrincipal, @Query() query: AuditPageQueryDto): Promise<AuditEventPageDto> {
    return this.audit.page(me, query);
  }
}
