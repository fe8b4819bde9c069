import type { FastifyRequest } from 'fastify';

export interface RequestMeta {
  /** The client's address; behind a trusted proxy, the one it names. */
  readonly ipAddress: string;
  /** At most 512 characters; null when the client names none. */
  readonly userAgent: string | null;
}

const MAX_USER_AGENT_LENGTH = 512;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export const requestMeta = (request: FastifyRequest): RequestMeta => ({
  ipAddress: request.ip,
  userAgent: request.headers['user-agent']?.replace(CONTROL, '').slice(0, MAX_USER_AGENT_LENGTH) || null,
});
