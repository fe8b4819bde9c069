import type { AuthorisedFetch } from './authorised-fetch.js';
import type { Session } from './session.js';

export interface SessionState {
  readonly sessionId: string;
  /** By the service's clock. */
  readonly accessTokenExpiresAt: string;
  readonly refreshTokenExpiresAt: string;
}

/** Who is signed in, for those who show it. */
export class SessionView {
  constructor(
    private readonly session: Session,
    private readonly authorised: AuthorisedFetch,
  ) {}

  /** What is known now; null until `resume` or the first request has found out. */
  get current(): SessionState | null {
    return stateOf(this.session);
  }

  /** Goes on where the last page or process stopped: from the store, or with the cookie. Whether somebody is signed in. */
  async resume(): Promise<boolean> {
    await this.session.load();
    return this.session.tokens !== null;
  }

  /** For what does not go through `api`, such as a WebSocket: a token that is good for a while; null when nobody is signed in. */
  async accessToken(): Promise<string | null> {
    const fresh = await this.authorised.freshToken();
    return 'token' in fresh ? fresh.token : null;
  }

  /** Told at each change; gives back how to stop. */
  subscribe(listener: (state: SessionState | null) => void): () => void {
    return this.session.subscribe(() => listener(this.current));
  }
}

const stateOf = ({ tokens }: Session): SessionState | null =>
  tokens && { sessionId: tokens.sessionId, accessTokenExpiresAt: tokens.accessTokenExpiresAt, refreshTokenExpiresAt: tokens.refreshTokenExpiresAt };
