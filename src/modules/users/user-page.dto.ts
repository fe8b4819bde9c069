import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Page, PageQuery } from '../../kernel/http/index.js';
import type { Plain } from './plain.js';
import { UserDto } from './user.dto.js';

const WORDS: Readonly<Record<string, boolean>> = { true: true, false: false };

export class UserPageQueryDto extends PageQuery {
  /** Matched anywhere in email, username and display name, whatever the case. */
  @ApiPropertyOptional({ type: 'string', maxLength: 254 })
  @IsOptional()
  @IsString()
  @MaxLength(254)
  q?: string;

  /** Only users who have this role. */
  @ApiPropertyOptional({ type: 'string', pattern: '^[a-z][a-z0-9-]{0,31}$', example: 'admin' })
  @IsOptional()
  @Matches(/^[a-z][a-z0-9-]{0,31}$/)
  role?: string;

  /** Only users who are disabled, or only those who are not. */
  @ApiPropertyOptional({ type: 'boolean' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (WORDS[value] ?? value) : value))
  @IsBoolean()
  disabled?: boolean;
}

/** In order of creation. */
export class UserPageDto extends Page<UserDto> {
  @ApiProperty({ type: () => [UserDto] })
  override items: UserDto[];

  static from(page: Plain<UserPageDto>): UserPageDto {
    return Object.assign(new UserPageDto(), { items: page.items, nextCursor: page.nextCursor } satisfies Plain<UserPageDto>);
  }
}
