import { lookup } from 'node:dns/promises';

/** A server could not listen. The message says why and what to do, so that no stack is needed. */
export class CannotListenError extends Error {
  override readonly name = 'CannotListenError';
}

/**
 * The one address that a server listens at: of the several that a name like localhost may have, the first of IPv4. Brackets around an IPv6 address are taken off.
 * @throws ErrnoException ENOTFOUND, EAI_AGAIN
 */
export async function addressToListenAt(host: string): Promise<string> {
  const { address } = await lookup(host.replace(/^\[(.*)\]$/, '$1'), { order: 'ipv4first' });
  return address;
}

/** Why HOST and PORT could not be listened on. */
export function cannotListen(host: string, port: number, cause: unknown): CannotListenError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new CannotListenError(`${faultOf(host, port, code)} (${code}).`, { cause });
}

function faultOf(host: string, port: number, code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is already in use: stop the process that has it, or choose another PORT`;
    case 'EACCES':
      return `Port ${port} is not allowed for this user: choose a PORT from 1024 on`;
    case 'EADDRNOTAVAIL':
      return `HOST ${host} is not an address of this machine: use one that is, or 0.0.0.0 for all`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} cannot be resolved: use an address of this machine, or 0.0.0.0 for all`;
    default:
      return `Port ${port} on ${host} cannot be listened on`;
  }
}
