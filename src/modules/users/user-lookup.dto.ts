import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsUUID } from 'class-validator';
import type { Plain } from './plain.js';
import { PublicUserDto } from './public-user.dto.js';

export const MAX_LOOKUP_IDS = 100;

export class UserLookupDto {
  @ApiProperty({ type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: MAX_LOOKUP_IDS })
  @IsArray()
  @ArrayMaxSize(MAX_LOOKUP_IDS)
  @IsUUID('all', { each: true })
  ids: string[];
}

export class UserLookupResultDto {
  /** In the order asked for. */
  @ApiProperty({ type: () => [PublicUserDto] })
  items: PublicUserDto[];

  /** The ids that no user has. */
  @ApiProperty({ type: 'array', items: { type: 'string', format: 'uuid' } })
  missing: string[];

  static from(result: Plain<UserLookupResultDto>): UserLookupResultDto {
    return Object.assign(new UserLookupResultDto(), { items: result.items, missing: result.missing } satisfies Plain<UserLookupResultDto>);
  }
}
