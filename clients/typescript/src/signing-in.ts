import type { Client, FetchResponse } from 'openapi-fetch';
import { sendPatiently, type RetryPolicy, type Send } from './retry.js';
import type { Session } from './session.js';
import type { operations, paths, Schemas, Transport } from './types.js';

type Answer<Operation extends keyof operations> = FetchResponse<operations[Operation], object, 'application/json' | 'application/problem+json'>;

export interface SignInAndOut {
  signIn(input: Omit<Schemas['LoginDto'], 'transport'>): Promise<Answer<'auth_login'>>;
  register(input: Omit<Schemas['RegisterDto'], 'transport'>): Promise<Answer<'auth_register'>>;
  /** Ends the session, here and in the other tabs. With an `error` it goes on: nobody was told. */
  signOut(): Promise<Answer<'auth_logout'>>;
}

interface SigningIn {
  readonly api: Client<paths>;
  readonly session: Session;
  readonly transport: Transport;
  readonly baseUrl: string;
  readonly send: Send;
  readonly policy: RetryPolicy;
}

/** None of it while this session is being refreshed, in this tab or another: a late cookie would undo it. */
export const signingIn = ({ api, session, transport, send, policy }: SigningIn): SignInAndOut => {
  const credentials = transport === 'cookie' ? 'include' : 'omit';
  return {
    signIn: (input) =>
      session.exclusively(async () => {
        const answer = await api.POST('/v1/auth/login', { body: { ...input, transport }, credentials });
        if (answer.data) await session.adopt(answer.data);
        return answer;
      }),
    register: (input) =>
      session.exclusively(async () => {
        const answer = await api.POST('/v1/auth/register', { body: { ...input, transport }, credentials });
        if (answer.data) await session.adopt(answer.data.tokens);
        return answer;
      }),
    signOut: async () => {
      await session.load(); // who is signed out must be known to tell the other tabs
      return session.exclusively(async () => {
        const held = session.tokens;
        const hasRefreshToken = held?.refreshToken !== undefined;
        const answer = await api.POST('/v1/auth/logout', {
          body: hasRefreshToken ? { refreshToken: held.refreshToken } : {},
          headers: hasRefreshToken || !held ? {} : { authorization: `Bearer ${held.accessToken}` },
          credentials,
          // What has ended is ended: asking twice does no harm.
          fetch: (request) => sendPatiently(() => request.clone(), send, { policy, isRepeatable: true, signal: request.signal }),
        });
        const isOver = answer.response.ok || answer.response.status === 401;
        if (isOver) await session.end('auth.session_ended');
        return answer;
      });
    },
  };
};
