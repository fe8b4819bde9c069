export { WebhooksModule } from './webhooks.module.js';
export { WEBHOOKS_TABLE } from './webhooks-table.js';
