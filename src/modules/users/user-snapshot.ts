import type { GeneratedRecipe, PictureKeys } from './picture-name.js';
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
}

export const snapshotOf = (user: UserRecord, publicUrl: string): UserSnapshot => ({
  userId: user.id,
  version: user.version,
  roles: user.roles,
  disabled: user.disabled,
  sessionEpoch: user.sessionEpoch,
  exceptedSessionId: user.exceptedSessionId,
  pictureKey: user.pictureKey,
  generatedKey: user.generatedKey,
  recipe: { initials: user.initials, colour: user.colour },
  dto: UserDto.from(user, publicUrl),
});
