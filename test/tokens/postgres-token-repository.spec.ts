import { openPostgresStore } from './postgres-store.js';
import { describeTokenRepository } from './token-repository.contract.js';

describeTokenRepository('PostgreSQL', () => openPostgresStore());
