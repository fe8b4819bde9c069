export { AuditEventDto } from './audit-event.dto.js';
export { AUDIT_TABLE } from './audit-table.js';
export { AuditLog } from './audit-log.service.js';
export { AuditModule } from './audit.module.js';
export { AuditReader } from './audit-reader.service.js';
