export * from './token-repository.js';
export { TokenStoreModule } from './token-store.module.js';
