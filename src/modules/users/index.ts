export { AVATAR_SIZES, AvatarDto } from './avatar.dto.js';
export {
  PIPELINE_VERSION,
  RENDERER_VERSION,
  digestOf,
  parseDigest,
  recipeOf,
  type GeneratedRecipe,
  type ParsedDigest,
} from './picture-name.js';
export { CurrentSnapshot } from './current-snapshot.decorator.js';
export { DefaultPicture } from './default-picture.js';
export { foldIdentifier } from './folded-names.js';
export { EmailAddresses } from './email-addresses.js';
export { PasswordChanges } from './password-changes.js';
export { DEFAULT_PICTURE_TABLE, USERS_TABLE, UserArchive } from './user-archive.js';
export { UserImport, type CheckedImport, type ImportFault } from './user-import.service.js';
export { UserOperators } from './user-operators.service.js';
export type { NewUserInput } from './user-input.js';
export { UserDto } from './user.dto.js';
export type { UserSnapshot } from './user-snapshot.js';
export { userNotFound } from './users.errors.js';
export { UsersModule } from './users.module.js';
export { UsersService } from './users.service.js';
export type { LockedUser } from './user-writes.js';
import './user-events.js';
