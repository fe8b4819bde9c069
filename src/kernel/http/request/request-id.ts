import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** A request keeps the id that its client or proxy gave it, if that is a plain token; else it gets a new one. */
export const requestIdOf = (raw: Pick<IncomingMessage, 'headers'>): string => {
  const given = raw.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
};
