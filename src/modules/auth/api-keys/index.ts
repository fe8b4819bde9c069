export { ApiKeyAuthenticator } from './api-key-authenticator.service.js';
export { ApiKeyCodec, looksLikeApiKey } from './api-key.codec.js';
export { ApiKeyDto } from './api-key.dto.js';
export type { ApiKeyRecord } from './api-key.record.js';
export { ApiKeys } from './api-keys.service.js';
export { ApiKeysModule } from './api-keys.module.js';
