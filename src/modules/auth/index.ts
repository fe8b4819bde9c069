export { AuthModule } from './auth.module.js';
export { SigningKeyLedger } from './keys/signing-key-ledger.service.js';
export { SigningKeyRotation } from './keys/signing-key-rotation.service.js';
export type { SigningKeyFacts } from './keys/signing-key.js';
