import { answered, api, client } from './client';
import type { Avatar, Crop } from './types';

interface Upload {
  readonly picture: Blob;
  readonly crop: Crop | null;
  /** From 0 to 1: how much of it has left. */
  readonly onProgress: (part: number) => void;
}

/** Of the caller, or of another user for an admin. */
export type Whose = string | null;

export const uploadPicture = async (whose: Whose, { picture, crop, onProgress }: Upload): Promise<Avatar> =>
  answered(
    client.uploadAvatar(picture, {
      ...(whose !== null && { userId: whose }),
      ...(crop && { crop }),
      onProgress: ({ sentBytes, totalBytes }) => onProgress(totalBytes === 0 ? 0 : sentBytes / totalBytes),
    }),
  );

export const removePicture = (whose: Whose): Promise<void> => answered(whose === null ? api.DELETE('/v1/users/me/avatar') : api.DELETE('/v1/users/{id}/avatar', { params: { path: { id: whose } } }));

interface Waiting {
  readonly ids: Set<string>;
  readonly answer: Promise<ReadonlyMap<string, { readonly url: string; readonly sizes: Avatar['sizes'] }>>;
}

let waiting: Waiting | null = null;

/** What is asked for at the same time is asked for once. */
const gathered = (): Waiting => {
  if (waiting) return waiting;
  const ids = new Set<string>();
  const answer = Promise.resolve().then(async () => {
    waiting = null;
    const { items } = await answered(api.POST('/v1/avatars/urls', { body: { ids: [...ids], format: 'webp' } }));
    return new Map(items.map((item) => [item.id, { url: item.url, sizes: item.sizes }]));
  });
  return (waiting = { ids, answer });
};

/** Where pictures are private: a URL that is good for a while; null for somebody without one. */
export const signedPicture = async (userId: string, size: keyof Avatar['sizes']): Promise<string | null> => {
  const { ids, answer } = gathered();
  ids.add(userId);
  const found = (await answer).get(userId);
  return found?.sizes[size] ?? found?.url ?? null;
};
