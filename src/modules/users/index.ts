export { AVATAR_SIZES, AvatarDto } from './avatar.dto.js';
export { PasswordHasher } from './passwords/password-hasher.js';
export { PasswordPolicy, type PasswordOwner } from './passwords/password-policy.js';
export {
  PIPELINE_VERSION,
  RENDERER_VERSION,
  colourOf,
  digestOf,
  generatedKeyOf,
  initialsOf,
  parseDigest,
  recipeOf,
  type GeneratedRecipe,
  type ParsedDigest,
  type PictureKeys,
} from './picture-name.js';
export { PublicUserDto } from './public-user.dto.js';
export type { NewUserInput } from './user-input.js';
export { UserDto } from './user.dto.js';
export type { UserSnapshot } from './user-snapshot.js';
export type { WithinCreation } from './user-writes.js';
export { userNotFound } from './users.errors.js';
export { UsersModule } from './users.module.js';
export { UsersService, type Credentials } from './users.service.js';
import './user-events.js';
