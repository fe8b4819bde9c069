/** Every Cache-Control that the service ever sends with a success (RFC 9111 §5.2). Errors are always `no-store`. */
export const CACHE_POLICIES = {
  /** The default: nothing keeps it. */
  noStore: 'no-store',
  /** The same for JSON with an ETag: a proxy that compresses it would weaken the tag, which `If-Match` then never meets (RFC 9110 §13.1.1). */
  noStoreTagged: 'no-store, no-transform',
  /** The caller's own browser keeps it, and asks each time whether it still holds. */
  privateNoCache: 'private, no-cache',
  /** The same for JSON with an ETag. */
  privateTagged: 'private, no-cache, no-transform',
  /** Anybody keeps it, and asks each time whether it still holds. */
  publicNoCache: 'no-cache',
  /** The URL names the bytes: kept for a year, never asked again. */
  immutable: 'public, max-age=31536000, immutable',
  /** The same, for bytes that only their owner's browser may keep. */
  privateImmutable: 'private, max-age=31536000, immutable',
  /** Public keys: five minutes, so that a rotation is soon known. */
  jwks: 'public, max-age=300',
} as const;

export type CachePolicyName = keyof typeof CACHE_POLICIES;
