/** How a request stands against one limit. */
export interface LimitState {
  readonly name: string;
  readonly points: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** Whom limits are counted for: what the HTTP edge says of a request. */
export interface LimitedRequest {
  /** Null: the client went before it was known. */
  readonly ipAddress: string | null;
}

const statesByRequest = new WeakMap<LimitedRequest, Map<string, LimitState>>();

export const noteLimit = (request: LimitedRequest, state: LimitState): void => {
  const states = statesByRequest.get(request) ?? new Map<string, LimitState>();
  statesByRequest.set(request, states.set(state.name, state));
};

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10) of the limits that this request was counted by; undefined when by none. */
export const limitHeadersOf = (request: LimitedRequest): { readonly 'ratelimit': string; readonly 'ratelimit-policy': string } | undefined => {
  const states = [...(statesByRequest.get(request)?.values() ?? [])];
  if (states.length === 0) return undefined;
  return {
    'ratelimit': states.map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`).join(', '),
    'ratelimit-policy': states.map(({ name, points, windowSeconds }) => `"${name}";q=${points};w=${windowSeconds}`).join(', '),
  };
};
