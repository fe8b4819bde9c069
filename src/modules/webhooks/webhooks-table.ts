import type { ArchivedTable } from '../../kernel/archive/index.js';

/** Where webhooks go, with their secrets as they are sealed; not what was or is to be delivered. */
export const WEBHOOKS_TABLE: ArchivedTable = {
  name: 'webhooks',
  columns: ['id', 'url', 'description', 'events', 'sealed_secret', 'previous_sealed_secret', 'previous_secret_until', 'disabled', 'created_at', 'updated_at'],
  order: 'id',
  beforeImport: 'empty',
};
