import type { ArchivedTable } from '../archive/index.js';

/** Append-only: those of an archive join what is there. */
export const AUDIT_TABLE: ArchivedTable = {
  name: 'audit_events',
  columns: ['id', 'action', 'actor_kind', 'actor_id', 'subject_id', 'ip_address', 'request_id', 'details', 'created_at'],
  order: 'id',
  beforeImport: 'joined',
};
