import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, MaxLength } from 'class-validator';
import { MayBeAbsent, MayBeNull } from './may-be.decorators.js';
import type { NewUserInput } from './user-input.js';

export class NewUserDto implements NewUserInput {
  @ApiProperty({ type: 'string', format: 'idn-email', maxLength: 254, example: 'ada@example.test' })
  @IsString()
  @MaxLength(1000)
  email: string;

  /** Folded to lower case; then `[a-z0-9][a-z0-9._-]{1,31}`. */
  @ApiProperty({ type: 'string', minLength: 2, maxLength: 32, example: 'ada' })
  @IsString()
  @MaxLength(100)
  username: string;

  /** From `PASSWORD_MIN_LENGTH` characters to 1,024 bytes; not a common one. Without one nobody can sign in with a password. */
  @ApiPropertyOptional({ type: 'string', format: 'password', maxLength: 1024, example: 'correct horse battery' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(4096)
  password?: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 200, example: 'Ada Lovelace' })
  @MayBeNull()
  @IsString()
  @MaxLength(1000)
  displayName?: string | null;

  /** A language tag (BCP 47). */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 35, example: 'en-GB' })
  @MayBeNull()
  @IsString()
  @MaxLength(100)
  locale?: string | null;

  /** `admin`, or names of your own: `[a-z][a-z0-9-]{0,31}`. */
  @ApiPropertyOptional({ type: 'array', items: { type: 'string', maxLength: 32 }, maxItems: 32, example: [] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  roles?: string[];

  /** The id of this user in another system, unique. */
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 255, example: 'employee-4711' })
  @MayBeNull()
  @IsString()
  @MaxLength(1000)
  externalId?: string | null;

  @ApiPropertyOptional({ type: 'boolean', default: false })
  @MayBeAbsent()
  @IsBoolean()
  emailVerified?: boolean;
}
