import { ApiProperty } from '@nestjs/swagger';

/** A new pair of tokens. Times are the store's own, to the second. */
export class TokensDto {
  @ApiProperty({ enum: ['Bearer'], example: 'Bearer' })
  tokenType: 'Bearer';

  /** A JWT (RFC 9068), to be sent as `Authorization: Bearer …`. */
  accessToken: string;

  /** Seconds from issue to expiry: `exp` − `iat`. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 900 })
  expiresIn: number;

  /** The moment from which the access token is refused. */
  @ApiProperty({ format: 'date-time' })
  accessTokenExpiresAt: string;

  /** Opaque; good for one rotation. Left out where it came as a cookie. */
  refreshToken?: string;

  /** The idle or the absolute end of the session, whichever comes first. */
  @ApiProperty({ format: 'date-time' })
  refreshTokenExpiresAt: string;

  @ApiProperty({ format: 'uuid' })
  sessionId: string;
}

/** An access token that an administrator issued: no refresh token, and exactly the lifetime that was asked for. */
export class AdminTokenDto {
  @ApiProperty({ enum: ['Bearer'], example: 'Bearer' })
  tokenType: 'Bearer';

  accessToken: string;

  /** Seconds from issue to expiry: the `ttlSeconds` that was asked for. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 3600 })
  expiresIn: number;

  @ApiProperty({ format: 'date-time' })
  accessTokenExpiresAt: string;

  @ApiProperty({ format: 'uuid' })
  sessionId: string;
}
