import type { IncomingMessage } from 'node:http';

/**
 * Names that mean this machine wherever they are resolved (RFC 6761 §6.3), with any port. A name that a stranger's DNS server resolves to 127.0.0.1 is
 * none of them: by such a name a page in the operator's browser would reach the service as its own origin (DNS rebinding).
 */
const LOOPBACK_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{0,5})?$/i;

/** The authority of an absolute-form target, which goes before the Host header (RFC 9112 §3.2.2). */
const ABSOLUTE_TARGET = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** Whether a request asks for this machine. One without any host (HTTP/1.0) comes from no browser. */
export const asksForLoopback = ({ headers: { host }, url = '' }: IncomingMessage): boolean => {
  if (host !== undefined && !LOOPBACK_HOST.test(host)) return false;
  return url.startsWith('/') || LOOPBACK_HOST.test(ABSOLUTE_TARGET.exec(url)?.[1] ?? 'localhost');
};

/** Node keeps the first of several Host fields, and something before the service may have gone by another. */
export const hasOneHost = ({ rawHeaders }: IncomingMessage): boolean => {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]!.length === 4 && rawHeaders[at]!.toLowerCase() === 'host') hosts += 1;
  return hosts === 1;
};
