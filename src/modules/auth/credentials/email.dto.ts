import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { MAX_ONE_TIME_TOKEN_CHARS } from './password.dto.js';

export class VerifyEmailDto {
  /** From the mail. */
  @ApiProperty({ example: 'lv_…', maxLength: MAX_ONE_TIME_TOKEN_CHARS })
  @IsString()
  @Length(1, MAX_ONE_TIME_TOKEN_CHARS)
  token: string;
}
