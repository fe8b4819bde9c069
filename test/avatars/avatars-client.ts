import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AvatarDto } from '../../src/modules/users/index.js';
import type { AvatarsApp } from './avatars-app.js';
import { eventually } from '../kit/eventually.js';

export type UploadBody = Buffer | FormData | Readable | null;

export interface Sent {
  readonly type?: string;
  readonly ifMatch?: string;
}

/** Sends a body as it is; null is none at all. `as`: a user's id, and ` admin` for an admin. */
export function putPicture(service: AvatarsApp, as: string, path: string, body: UploadBody, { type, ifMatch }: Sent = {}): Promise<Response> {
  return fetch(service.url + path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${as}`, ...(type ? { 'content-type': type } : {}), ...(ifMatch ? { 'if-match': ifMatch } : {}) },
    body: body instanceof Buffer ? new Uint8Array(body) : (body as FormData | null),
    ...(body instanceof Readable ? { duplex: 'half' } : {}),
  });
}

export const formOf = (bytes: Buffer, field = 'file', name = 'me.png'): FormData => {
  const data = new FormData();
  data.append(field, new Blob([new Uint8Array(bytes)]), name);
  return data;
};

/** The user's picture as PNG of 512 pixels. */
export const shownTo = async (service: AvatarsApp, user: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(`${service.url}/v1/users/${user}/avatar?format=png&size=512`)).arrayBuffer());

/** `413 avatar.too_large` */
export const codeOf = async (response: Response): Promise<string> => `${response.status} ${((await response.json()) as { code: string }).code}`;

/** Keys of all stored pictures. */
export const sourcesOf = (service: AvatarsApp): Promise<string[]> => readdir(join(service.folder, 'sources'));

export const keyOf = (avatar: AvatarDto): string => avatar.version.split('-')[1]!;

export async function waitFor(holds: () => boolean): Promise<void> {
  await eventually('what the test waits for', holds);
}
