import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Length, MaxLength } from 'class-validator';

/** Longer than any one-time token. */
export const MAX_ONE_TIME_TOKEN_CHARS = 128;

export class ChangePasswordDto {
  @ApiProperty({ format: 'password', maxLength: 1024 })
  @IsString()
  @Length(1, 1024)
  currentPassword: string;

  /** From `PASSWORD_MIN_LENGTH` (10) characters to 1,024 bytes; not a common one. */
  @ApiProperty({ format: 'password', example: 'seven quiet lighthouses', maxLength: 1024 })
  @IsString()
  @MaxLength(1024)
  newPassword: string;

  /** Leave the API keys as they are; otherwise they end too. */
  @ApiPropertyOptional({ type: 'boolean', default: false })
  @IsOptional()
  @IsBoolean()
  keepApiKeys?: boolean;
}

export class ForgotPasswordDto {
  @ApiProperty({ description: 'Whatever it is, the answer is the same.', example: 'ada@example.org', maxLength: 320 })
  @IsString()
  @Length(1, 320)
  email: string;
}

export class ResetPasswordDto {
  /** From the mail. */
  @ApiProperty({ example: 'lp_…', maxLength: MAX_ONE_TIME_TOKEN_CHARS })
  @IsString()
  @Length(1, MAX_ONE_TIME_TOKEN_CHARS)
  token: string;

  /** As above. A password that is refused leaves the token usable. */
  @ApiProperty({ format: 'password', example: 'seven quiet lighthouses', maxLength: 1024 })
  @IsString()
  @MaxLength(1024)
  newPassword: string;
}
