import { createHash } from 'node:crypto';
import { PIPELINE_VERSION, RENDERER_VERSION, type GeneratedRecipe, type PictureKeys } from './picture-name.js';
import { UserDto } from './user.dto.js';
import type { UserRecord } from './user-record.js';

/** One user at one version: what the guard decides by, and what the answers are made of. */
export interface UserSnapshot extends PictureKeys {
  readonly userId: string;
  readonly version: number;
  readonly roles: readonly string[];
  readonly disabled: boolean;
  /** Sessions issued under a lower epoch are over, except `exceptedSessionId`. */
  readonly sessionEpoch: number;
  readonly exceptedSessionId: string | null;
  /** What the generated picture of `generatedKey` shows. */
  readonly recipe: GeneratedRecipe;
  readonly dto: UserDto;
  /** Strong, of the whole view: differs whenever a byte of `dto` would. */
  readonly etag: string;
  /** Where the user is. */
  readonly url: string;
}

/** What a view of a user hangs on beside the user's row. */
export interface UserView {
  readonly publicUrl: string;
  /** Stands in every ETag, so that another address or another release is another representation. */
  readonly tag: string;
}

/** Raise when UserDto says something else for the same row. */
const FORM = 1;

export const viewAt = (publicUrl: string): UserView => ({
  publicUrl,
  tag: createHash('sha256').update([FORM, PIPELINE_VERSION, RENDERER_VERSION, publicUrl].join(' ')).digest('hex').slice(0, 8),
});

/** `defaultKey`: the picture that the operator gives to users who have none; null where this one has. */
export const snapshotOf = (user: UserRecord, { publicUrl, tag }: UserView, defaultKey: string | null): UserSnapshot => ({
  userId: user.id,
  version: user.version,
  roles: user.roles,
  disabled: user.disabled,
  sessionEpoch: user.sessionEpoch,
  exceptedSessionId: user.exceptedSessionId,
  pictureKey: user.pictureKey,
  defaultKey,
  generatedKey: user.generatedKey,
  recipe: { initials: user.initials, colour: user.colour },
  dto: UserDto.from(user, publicUrl, defaultKey),
  etag: `"${user.version}-${tag}${defaultKey === null ? '' : `-${defaultKey.slice(0, 16)}`}"`,
  url: `${publicUrl}/v1/users/${user.id}`,
});
