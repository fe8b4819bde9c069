import { ApiProperty } from '@nestjs/swagger';
import { AvatarDto } from './avatar.dto.js';
import type { Plain } from './plain.js';
import type { UserRecord } from './user-record.js';

/** A user, as the user and admins see it. */
export class UserDto {
  @ApiProperty({ format: 'uuid', example: '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55' })
  id: string;

  /** The id of this user in another system; set by admins. */
  @ApiProperty({ type: 'string', nullable: true, example: null })
  externalId: string | null;

  @ApiProperty({ format: 'idn-email', example: 'ada@example.test' })
  email: string;

  @ApiProperty({ example: true })
  emailVerified: boolean;

  /** A new address that waits for its confirmation. */
  @ApiProperty({ type: 'string', format: 'idn-email', nullable: true, example: null })
  pendingEmail: string | null;

  /** Folded to lower case. */
  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9._-]{1,31}$', example: 'ada' })
  username: string;

  @ApiProperty({ type: 'string', nullable: true, maxLength: 200, example: 'Ada Lovelace' })
  displayName: string | null;

  /** A language tag (BCP 47). */
  @ApiProperty({ type: 'string', nullable: true, example: 'en-GB' })
  locale: string | null;

  @ApiProperty({ type: [String], example: ['admin'] })
  roles: string[];

  @ApiProperty({ example: false })
  disabled: boolean;

  /** Whether the picture may be found by a hash of the address (Gravatar protocol). */
  @ApiProperty({ example: false })
  gravatarOptIn: boolean;

  @ApiProperty({ type: () => AvatarDto })
  avatar: AvatarDto;

  /** Grows with every change, those of the avatar included. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 3 })
  version: number;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-11-20T09:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-11-20T09:31:12.345Z' })
  updatedAt: string;

  /** `defaultKey`: the picture that the operator gives to users who have none. */
  static from(user: UserRecord, publicUrl: string, defaultKey: string | null): UserDto {
    return Object.assign(new UserDto(), {
      id: user.id,
      externalId: user.externalId,
      email: user.email,
      emailVerified: user.emailVerified,
      pendingEmail: user.pendingEmail,
      username: user.username,
      displayName: user.displayName,
      locale: user.locale,
      roles: [...user.roles],
      disabled: user.disabled,
      gravatarOptIn: user.gravatarOptIn,
      avatar: AvatarDto.from({ ...user, defaultKey }, publicUrl),
      version: user.version,
      createdAt: user.createdAt,
      updatedAt: user.updatedAt,
    } satisfies Plain<UserDto>);
  }
}
