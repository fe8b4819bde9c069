import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, Max, Min, MinLength } from 'class-validator';
import { ClientDto } from './login.dto.js';

const ONE_YEAR_SECONDS = 31_536_000;

export class RefreshDto {
  /** Goes before the refresh cookie, and is needed without one. */
  @ApiPropertyOptional({ type: 'string', example: 'lr_…' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  refreshToken?: string;
}

export class LogoutDto {
  /** For clients that no longer have an access token. */
  @ApiPropertyOptional({ type: 'string', example: 'lr_…' })
  @IsOptional()
  @IsString()
  @MinLength(1)
  refreshToken?: string;
}

export class LogoutAllDto {
  /** Leave the session that asks as it is. */
  @ApiPropertyOptional({ type: 'boolean', default: false })
  @IsOptional()
  @IsBoolean()
  keepCurrent?: boolean;
}

export class IssueTokenDto extends ClientDto {
  /** The token's exact life, from one second to one year. */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: ONE_YEAR_SECONDS, example: 3600 })
  @IsInt()
  @Min(1)
  @Max(ONE_YEAR_SECONDS)
  ttlSeconds: number;
}
