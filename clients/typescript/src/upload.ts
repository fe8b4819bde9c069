import type { Client, FetchResponse } from 'openapi-fetch';
import type { Send } from './retry.js';
import type { operations, paths } from './types.js';
import { sendWithProgress, type UploadProgress } from './xhr-send.js';

/** The square to show, in pixels of the upright picture. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export interface UploadOptions {
  /** Whose picture it is; the caller's own unless given. */
  readonly userId?: string;
  readonly crop?: Crop;
  /** The ETag of any variant of the picture to be replaced; 412 when there is another one by now. */
  readonly ifMatch?: string;
  /** Told in browsers, where XMLHttpRequest tells. */
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface Uploads {
  /** Once this has answered, nobody is shown the old picture. */
  uploadAvatar(picture: Blob, options?: UploadOptions): Promise<FetchResponse<operations['avatars_put'], object, 'application/json' | 'application/problem+json'>>;
}

export const uploading = (api: Client<paths>, fetch: (request: Request, send: Send) => Promise<Response>, send: Send): Uploads => ({
  uploadAvatar: async (picture, { userId, crop, ifMatch, onProgress, signal } = {}) => {
    const by = onProgress ? sendWithProgress(onProgress, send) : send;
    const request = {
      body: crop ? { file: picture, cropX: crop.x, cropY: crop.y, cropSize: crop.size } : picture,
      bodySerializer: serialise,
      headers: crop ? {} : { 'content-type': 'application/octet-stream' },
      fetch: (sent: Request) => fetch(sent, by),
      signal,
    };
    const header = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
    return userId === undefined
      ? api.PUT('/v1/users/me/avatar', { ...request, params: { header } })
      : api.PUT('/v1/users/{id}/avatar', { ...request, params: { header, path: { id: userId } } });
  },
});

const serialise = (body: Blob | { file: Blob; cropX?: number; cropY?: number; cropSize?: number }): Blob | FormData => {
  if (body instanceof Blob) return body;
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.append(name, typeof value === 'number' ? String(value) : value);
  return form;
};
