import { requestInvalid } from '../../errors/index.js';

/** An opaque cursor: the sort key of the last item, as base64url JSON. */
export const encodeCursor = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** The sort key again, or null when there is no cursor. 400 `request.invalid` if it is none of ours. */
export const decodeCursor = <T>(cursor: string | undefined, isKey: (value: unknown) => value is T): T | null => {
  if (cursor === undefined) return null;
  const key = parse(cursor);
  if (!isKey(key)) throw requestInvalid([{ field: 'cursor', code: 'cursor', message: 'cursor must be the nextCursor of an earlier page' }]);
  return key;
};

const parse = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};
