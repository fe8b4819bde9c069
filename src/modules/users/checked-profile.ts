import type { FieldChecks } from './field-checks.js';
import type { UserFieldsSet } from './user-change.js';
import { checkDisplayName, checkLocale, checkUsername } from './user-fields.js';
import type { ProfilePatch } from './user-input.js';

/** The fields that users and admins change alike. */
export const checkedProfile = (checks: FieldChecks, patch: ProfilePatch): UserFieldsSet => ({
  displayName: checks.take('displayName', patch.displayName, checkDisplayName),
  username: checks.take('username', patch.username, checkUsername),
  locale: checks.take('locale', patch.locale, checkLocale),
  gravatarOptIn: patch.gravatarOptIn,
});
