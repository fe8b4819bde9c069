import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { TRANSPORTS, type Transport } from '../cookies/transport.js';
import { PLATFORMS, type Platform } from '../platform.js';

/** No control characters: PostgreSQL takes no NUL, and a list of devices no line breaks. */
const ONE_LINE = /^[^\u0000-\u001f\u007f]*$/;

/** Where a session lives, as its client names it. */
export class ClientDto {
  /** `other` when left out. */
  @ApiPropertyOptional({ enum: PLATFORMS, enumName: 'Platform', default: 'other' })
  @IsOptional()
  @IsIn(PLATFORMS)
  platform?: Platform;

  /** What the session list calls the device. */
  @ApiPropertyOptional({ type: 'string', maxLength: 100, example: 'Ada’s phone' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(ONE_LINE, { message: 'deviceName must be one line of text' })
  deviceName?: string;
}

/** A client that is being signed in. */
export class SignInDto extends ClientDto {
  /** `cookie`: the refresh token comes as the cookie `__Host-likeness_refresh`, out of reach of scripts, and not in the body. Needs an allowed `Origin`. */
  @ApiPropertyOptional({ enum: TRANSPORTS, default: 'body' })
  @IsOptional()
  @IsIn(TRANSPORTS)
  transport?: Transport;
}

export class LoginDto extends SignInDto {
  /** E-mail address or username. */
  @ApiProperty({ example: 'ada@example.org', maxLength: 320 })
  @IsString()
  @Length(1, 320)
  identifier: string;

  @ApiProperty({ format: 'password', example: 'correct horse battery', maxLength: 1024 })
  @IsString()
  @Length(1, 1024)
  password: string;
}
