import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, MaxLength } from 'class-validator';
import { MayBeAbsent, MayBeNull } from './may-be.decorators.js';
import { ProfilePatchDto } from './profile-patch.dto.js';
import type { AdminPatch } from './user-input.js';

/** A JSON merge patch (RFC 7396) of any account, by an admin. */
export class UserPatchDto extends ProfilePatchDto implements AdminPatch {
  /** In force at once; not verified unless `emailVerified` says so. */
  @ApiPropertyOptional({ type: 'string', format: 'idn-email', maxLength: 254, example: 'ada@example.test' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  email?: string;

  @ApiPropertyOptional({ type: 'boolean', example: true })
  @MayBeAbsent()
  @IsBoolean()
  emailVerified?: boolean;

  /** `admin`, or names of your own: `[a-z][a-z0-9-]{0,31}`. */
  @ApiPropertyOptional({ type: 'array', items: { type: 'string', maxLength: 32 }, maxItems: 32, example: ['admin'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  roles?: string[];

  /** True ends every session at once. */
  @ApiPropertyOptional({ type: 'boolean', example: false })
  @MayBeAbsent()
  @IsBoolean()
  disabled?: boolean;

  /** The id of this user in another system, unique. Null clears it. */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 255, example: 'employee-4711' })
  @MayBeNull()
  @IsString()
  @MaxLength(1000)
  externalId?: string | null;
}
