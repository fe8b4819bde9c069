import { ApiProperty } from '@nestjs/swagger';
import { AvatarDto } from './avatar.dto.js';
import type { Plain } from './plain.js';

/** A user, as others see it. */
export class PublicUserDto {
  @ApiProperty({ format: 'uuid', example: '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55' })
  id: string;

  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9._-]{1,31}$', example: 'ada' })
  username: string;

  @ApiProperty({ type: 'string', nullable: true, maxLength: 200, example: 'Ada Lovelace' })
  displayName: string | null;

  @ApiProperty({ type: () => AvatarDto })
  avatar: AvatarDto;

  static from(user: Plain<PublicUserDto>): PublicUserDto {
    return Object.assign(new PublicUserDto(), {
      id: user.id,
      username: user.username,
      displayName: user.displayName,
      avatar: user.avatar,
    } satisfies Plain<PublicUserDto>);
  }
}
