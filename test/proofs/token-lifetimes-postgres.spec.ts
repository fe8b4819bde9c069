import { openPostgresStore } from '../tokens/postgres-store.js';
import { proveLifetimes } from './token-lifetimes.contract.js';

proveLifetimes({
  name: 'PostgreSQL',
  questionsAtOnce: 12,
  isOneConnection: false,
  open: async () => {
    const store = await openPostgresStore();
    return { ...store, isEmpty: async () => (await store.countLeft()) === 0 };
  },
});
