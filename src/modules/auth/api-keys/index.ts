export { ApiKeyAuthenticator } from './api-key-authenticator.service.js';
export { looksLikeApiKey } from './api-key.codec.js';
export { ApiKeysModule } from './api-keys.module.js';
