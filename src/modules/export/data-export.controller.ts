import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CurrentSession, type SessionPrincipal } from '../../kernel/http/index.js';
import { DataExportDto } from './data-export.dto.js';
import { DataExport } from './data-export.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('v1/users/me/export')
export class DataExportController {
  constructor(private readonly data: DataExport) {}

  /** All that is stored about the caller, as one JSON file (GDPR, articles 15 and 20). Pictures are linked. */
  @Get()
  @Header('content-disposition', 'attachment; filename="likeness-export.json"')
  @ApiOkResponse({ type: DataExportDto, headers: { 'Content-Disposition': { schema: { type: 'string' } } } })
  @ApiProblems('user.not_found')
  exportMyData(@CurrentSession() me: SessionPrincipal): Promise<DataExportDto> {
    return this.data.of(me);
  }
}
