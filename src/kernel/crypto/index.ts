export { decodeBase64Url } from './base64url.js';
export { deriveKey, mac, open, seal } from './derived-keys.js';
export { isUuid, uuidFromBytes, uuidToBytes } from './uuid-bytes.js';
