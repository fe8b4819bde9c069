import { ApiProperty } from '@nestjs/swagger';
import { isoFromEpochSeconds } from '../epoch-seconds.js';
import { PLATFORMS, type Platform } from '../platform.js';
import type { SessionRecord } from '../tokens/index.js';

/** One place where the user is signed in. */
export class SessionDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: PLATFORMS, enumName: 'Platform' })
  platform: Platform;

  @ApiProperty({ type: 'string', nullable: true, example: 'Ada’s phone' })
  deviceName: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.7' })
  ipAddress: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  userAgent: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  /** The last issue or refresh. */
  @ApiProperty({ format: 'date-time' })
  lastSeenAt: string;

  /** The absolute end. */
  @ApiProperty({ format: 'date-time' })
  expiresAt: string;

  /** The end unless it is refreshed before. */
  @ApiProperty({ format: 'date-time' })
  idleExpiresAt: string;

  /** Whether it is the session that asks. */
  current: boolean;

  static from(session: SessionRecord, currentSessionId: string): SessionDto {
    return Object.assign(new SessionDto(), {
      id: session.id,
      platform: session.platform,
      deviceName: session.deviceName,
      ipAddress: session.ipAddress,
      userAgent: session.userAgent,
      createdAt: isoFromEpochSeconds(session.createdAt),
      lastSeenAt: isoFromEpochSeconds(session.lastSeenAt),
      expiresAt: isoFromEpochSeconds(session.expiresAt),
      idleExpiresAt: isoFromEpochSeconds(session.idleExpiresAt),
      current: session.id === currentSessionId,
    } satisfies SessionDto);
  }
}

export class SessionListDto {
  items: SessionDto[];
}
