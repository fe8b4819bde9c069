import type { RequestMeta } from '../../../kernel/http/index.js';
import type { SessionClient } from '../tokens/index.js';
import type { ClientDto } from './login.dto.js';

/** What a session remembers of its client: what it says of itself, and what the connection shows. */
export const clientOf = ({ platform, deviceName }: ClientDto, { ipAddress, userAgent }: RequestMeta): SessionClient => ({
  platform: platform ?? 'other',
  deviceName: deviceName ?? null,
  ipAddress,
  userAgent,
});
