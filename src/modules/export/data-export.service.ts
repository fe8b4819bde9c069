import { Injectable } from '@nestjs/common';
import { AuditReader } from '../../kernel/audit/index.js';
import { Clock } from '../../kernel/clock/index.js';
import type { SessionPrincipal } from '../../kernel/http/index.js';
import { OwnRecords } from '../auth/index.js';
import { PictureHistory } from '../avatars/index.js';
import { UsersService, userNotFound } from '../users/index.js';
import { DataExportDto } from './data-export.dto.js';

/** Brings together what each module keeps of a user. */
@Injectable()
export class DataExport {
  constructor(
    private readonly users: UsersService,
    private readonly records: OwnRecords,
    private readonly pictures: PictureHistory,
    private readonly audit: AuditReader,
    private readonly clock: Clock,
  ) {}

  async of(me: SessionPrincipal): Promise<DataExportDto> {
    const [own, records, pictures, auditEvents] = await Promise.all([this.users.ownData(me.userId), this.records.of(me), this.pictures.of(me.userId), this.audit.ofUser(me.userId)]);
    if (!own) throw userNotFound();
    return Object.assign(new DataExportDto(), { exportedAt: this.clock.now().toISOString(), ...own, ...records, pictures, auditEvents } satisfies DataExportDto);
  }
}
