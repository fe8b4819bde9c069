const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TAG = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export const isUuid = (value: string): boolean => UUID.test(value);

/** The 16 bytes of a UUID as 22 characters of canonical base64url: short in keys, never empty, no braces. Throws RangeError for anything else. */
export const uuidTag = (uuid: string): string => {
  if (!UUID.test(uuid)) throw new RangeError('a key needs a UUID');
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
};

/** The other way round: the UUID in lower case. */
export const uuidFromTag = (tag: string): string => {
  if (!TAG.test(tag)) throw new RangeError('not the tag of a UUID');
  const hex = Buffer.from(tag, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** Hash tag of everything that belongs to one user, so that one script is atomic on Redis Cluster: `us:{<tag>}`, `tk:{<tag>}:…`. */
export const userTag = (userId: string): string => uuidTag(userId);
