import type { SessionPrincipal } from '../../../kernel/http/index.js';
import { sessionEnded } from '../auth.errors.js';
import type { TokenRepository } from '../tokens/index.js';

/**
 * When a session ends that has no refresh: an access token that an admin issued, or one of another service that was taken in. Epoch seconds.
 * Null for a session that somebody signed in to. Throws 401 `auth.session_ended` when it is over.
 */
export async function unrefreshableEnd(tokens: TokenRepository, { userId, sessionId }: SessionPrincipal): Promise<number | null> {
  const secret = await tokens.sessionSecret(userId, sessionId, 0);
  if (secret.state === 'live' && secret.salt !== '') return null;
  const session = (await tokens.list(userId)).find(({ id }) => id === sessionId);
  if (!session) throw sessionEnded();
  return session.expiresAt;
}
