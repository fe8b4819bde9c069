import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsString, MaxLength } from 'class-validator';
import { MayBeAbsent, MayBeNull } from './may-be.decorators.js';
import type { OwnProfilePatch, ProfilePatch } from './user-input.js';

/** What a field may say is UserFields' to judge; here stands only its type, and a bound on what is looked at. */
export class ProfilePatchDto implements ProfilePatch {
  /** Null clears it. */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 200, example: 'Ada Lovelace' })
  @MayBeNull()
  @IsString()
  @MaxLength(1000)
  displayName?: string | null;

  /** Folded to lower case; then `[a-z0-9][a-z0-9._-]{1,31}`. */
  @ApiPropertyOptional({ type: 'string', minLength: 2, maxLength: 32, example: 'ada' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  username?: string;

  /** A language tag (BCP 47). Null clears it. */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 35, example: 'en-GB' })
  @MayBeNull()
  @IsString()
  @MaxLength(100)
  locale?: string | null;

  /** Whether the picture may be found by a hash of the address (Gravatar protocol). */
  @ApiPropertyOptional({ type: 'boolean', example: false })
  @MayBeAbsent()
  @IsBoolean()
  gravatarOptIn?: boolean;
}

/** A JSON merge patch (RFC 7396) of one's own account. */
export class OwnProfilePatchDto extends ProfilePatchDto implements OwnProfilePatch {
  /** Becomes `pendingEmail` until it is confirmed. Needs `currentPassword`. */
  @ApiPropertyOptional({ type: 'string', format: 'idn-email', maxLength: 254, example: 'ada@example.test' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  email?: string;

  /** Asked for with a new `email`. */
  @ApiPropertyOptional({ type: 'string', format: 'password', maxLength: 1024 })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1024)
  currentPassword?: string;
}
