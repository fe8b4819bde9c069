import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { UserDto } from '../../users/index.js';
import { SignInDto } from './login.dto.js';
import { TokensDto } from './tokens.dto.js';

/** The account's own rules (what an address, a username and a password may be) are the users module's to check. */
export class RegisterDto extends SignInDto {
  @ApiProperty({ format: 'idn-email', example: 'ada@example.org', maxLength: 254 })
  @IsString()
  @Length(1, 254)
  email: string;

  /** Folded to lower case; `[a-z0-9][a-z0-9._-]{1,31}` after that. */
  @ApiProperty({ example: 'ada', minLength: 2, maxLength: 32 })
  @IsString()
  @Length(1, 64)
  username: string;

  /** From `PASSWORD_MIN_LENGTH` (10) characters to 1,024 bytes; not a common one. */
  @ApiProperty({ format: 'password', example: 'correct horse battery', maxLength: 1024 })
  @IsString()
  @MaxLength(1024)
  password: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: 200, example: 'Ada Lovelace' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  displayName?: string | null;

  /** Makes the first administrator of a production deployment, once. */
  @ApiPropertyOptional({ type: 'string', format: 'password', maxLength: 1024 })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  bootstrapToken?: string;
}

export class RegisteredDto {
  user: UserDto;
  tokens: TokensDto;
}
