import type { Caller, TokenVerifier } from './caller.js';
import { Refusal, toRefusal } from './refusal.js';

export interface GateOptions {
  readonly verifier: TokenVerifier;
  /** Only callers with this role; others are 403. */
  readonly role?: string;
}

const BEARER = /^Bearer +(\S+)$/i;

/** From the Authorization header alone: a token in an address or a form ends up in logs (RFC 6750 §5.3). Rejects with a `Refusal`, and with nothing else. */
export const callerOfRequest = async (authorization: string | undefined, { verifier, role }: GateOptions): Promise<Caller> => {
  const token = BEARER.exec(authorization?.trim() ?? '')?.[1];
  if (token === undefined) throw Refusal.missing();
  const caller = await verifier.verify(token).catch((error: unknown) => {
    throw toRefusal(error);
  });
  if (role !== undefined && !caller.roles.includes(role)) throw Refusal.role(role);
  return caller;
};
