import createClient, { type Client } from 'openapi-fetch';
import { AuthorisedFetch } from './authorised-fetch.js';
import { strongTags } from './entity-tags.js';
import { takesIdempotencyKey } from './idempotent-posts.js';
import { openChannel, pageUrl, warn, type Locks, type OpenChannel } from './platform.js';
import { refreshTokens } from './refresh.js';
import { DEFAULT_RETRIES, type RetryPolicy, type Send } from './retry.js';
import { Session } from './session.js';
import { SessionView } from './session-view.js';
import { signingIn, type SignInAndOut } from './signing-in.js';
import { areCrossSite } from './sites.js';
import { MemoryTokenStore, type TokenStore } from './token-store.js';
import type { paths, SignedOutReason, Tokens, Transport } from './types.js';
import { uploading, type Uploads } from './upload.js';

export interface LikenessClientOptions {
  /** Where the service is; in a page also relative to it (`/`). */
  readonly baseUrl: string;
  /** `cookie` for pages: the refresh token stays out of reach of scripts. `body` for everything else. */
  readonly transport: Transport;
  /** With `body`: where tokens are kept; in memory unless given. */
  readonly store?: TokenStore;
  readonly fetch?: Send;
  /** `navigator.locks` where there is one; else clients of this process take turns. */
  readonly locks?: Locks;
  /** BroadcastChannel where there is one. */
  readonly openChannel?: OpenChannel;
  readonly retries?: Partial<RetryPolicy>;
  /** Once for each session that ends: by `signOut` here or in another tab (`auth.session_ended`), or because a token was refused for good. */
  readonly onSignedOut?: (reason: SignedOutReason) => void;
}

/** See `createLikenessClient`. */
export interface LikenessClient extends SignInAndOut, Uploads {
  /** Every operation of the document, typed: `api.GET('/v1/users/me')`. */
  readonly api: Client<paths>;
  readonly session: SessionView;
  /** Goes on with tokens that came by another way, such as those an administrator issued. */
  adopt(tokens: Tokens): Promise<void>;
  /** Stops listening to other tabs. */
  close(): void;
}

export const createLikenessClient = (options: LikenessClientOptions): LikenessClient => {
  const { transport, retries, onSignedOut, locks } = options;
  const baseUrl = new URL(options.baseUrl, pageUrl()).href.replace(/\/+$/, '');
  if (transport === 'cookie' && pageUrl() !== undefined && areCrossSite(pageUrl()!, baseUrl)) warn(crossSiteWarning(pageUrl()!, baseUrl));
  const send: Send = options.fetch ?? ((request) => globalThis.fetch(request));
  const policy = { ...DEFAULT_RETRIES, ...retries };
  const session = new Session({
    ...sharing(options, baseUrl),
    hasCookie: transport === 'cookie',
    locks,
    refresh: (refreshToken) => refreshTokens({ baseUrl, refreshToken, send, policy }),
    onSignedOut,
  });
  const authorised = new AuthorisedFetch(baseUrl, session, policy);
  const api = createClient<paths>({ baseUrl, fetch: (request) => authorised.fetch(request, send) });
  api.use({
    onRequest: ({ request, schemaPath }) => {
      const ifMatch = request.headers.get('if-match');
      if (ifMatch !== null) request.headers.set('if-match', strongTags(ifMatch));
      if (takesIdempotencyKey(request.method, schemaPath) && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', crypto.randomUUID());
    },
  });
  return {
    api,
    session: new SessionView(session, authorised),
    ...signingIn({ api, session, transport, baseUrl, send, policy }),
    ...uploading(api, (request, by) => authorised.fetch(request, by), send),
    adopt: async (tokens) => void (await session.adopt(tokens)),
    close: () => session.close(),
  };
};

const crossSiteWarning = (page: string, service: string): string =>
  `Likeness: this page (${new URL(page).origin}) and the service (${new URL(service).origin}) are of different sites, so the browser will not send the refresh cookie: whoever signs in is signed out when the page is loaded again. Use one site for both, such as localhost for page and service.`;

/** Who shares the session: with a cookie all pages that use this service, with a store those whose store has the same name, else nobody. */
const sharing = ({ transport, store, openChannel: open = openChannel }: LikenessClientOptions, baseUrl: string): Pick<ConstructorParameters<typeof Session>[0], 'name' | 'store' | 'openChannel'> => {
  if (transport === 'cookie') return { name: `likeness ${baseUrl}`, store: new MemoryTokenStore(), openChannel: open };
  if (store?.name !== undefined) return { name: `likeness ${baseUrl} ${store.name}`, store, openChannel: open };
  return { name: `likeness ${crypto.randomUUID()}`, store: store ?? new MemoryTokenStore(), openChannel: null };
};
