import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { HourlyPruner } from '../database/index.js';
import { AuditEvents } from './audit-events.repository.js';

/** Events older than `AUDIT_RETENTION_DAYS`. */
@Injectable()
export class ExpiredAuditEventsPruner extends HourlyPruner {
  constructor(
    private readonly events: AuditEvents,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {
    super();
  }

  protected override prune(limit: number): Promise<number> {
    return this.events.prune(this.config.audit.retentionDays, limit);
  }
}
