import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEventEntity } from './audit-event.entity.js';
import { AuditEventsController } from './audit-events.controller.js';
import { AuditEvents } from './audit-events.repository.js';
import { AuditLog } from './audit-log.service.js';
import { AuditReader } from './audit-reader.service.js';
import { ExpiredAuditEventsPruner } from './expired-audit-events.pruner.js';

/** The audit log: append-only, in PostgreSQL, in the transaction of what it tells wherever that is one. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([AuditEventEntity])],
  controllers: [AuditEventsController],
  providers: [AuditEvents, AuditLog, AuditReader, ExpiredAuditEventsPruner],
  exports: [AuditLog, AuditReader],
})
export class AuditModule {}
