export { TokenAudit, type AuditReport } from './audit/token-audit.js';
export { AuthModule } from './auth.module.js';
export { SigningKeyLedger } from './keys/signing-key-ledger.service.js';
export { SigningKeyRotation } from './keys/signing-key-rotation.service.js';
export type { SigningKeyFacts } from './keys/signing-key.js';
export { OwnRecordsDto } from './own-records/own-records.dto.js';
export { OwnRecords } from './own-records/own-records.service.js';
export { noCounts, OpenImImport, type ImportCounts, type ImportOptions } from './legacy/openim-import.service.js';
export { OpenImSource } from './legacy/openim-source.js';
