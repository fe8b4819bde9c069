import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What a whole form may weigh. */
const FORM_BYTES = 32 * 1024;

/** The forms are read by hand: parameters that are not known are ignored, not refused (RFC 6749 §3.2). */
class ClientFormDto {
  @ApiPropertyOptional({ type: 'string', maxLength: FORM_BYTES, description: 'Any name; the secret says whose it is.' })
  client_id?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: FORM_BYTES, format: 'password', description: 'An API key, instead of the Authorization header.' })
  client_secret?: string;
}

export class RefreshGrantFormDto {
  @ApiProperty({ enum: ['refresh_token'] })
  grant_type: string;

  @ApiProperty({ type: 'string', maxLength: FORM_BYTES, example: 'lr_…' })
  refresh_token: string;

  @ApiPropertyOptional({ type: 'string', maxLength: FORM_BYTES, example: 'likeness' })
  client_id?: string;
}

export class TokenFormDto extends ClientFormDto {
  /** An access token or a refresh token. */
  @ApiProperty({ type: 'string', maxLength: FORM_BYTES })
  token: string;

  /** Not needed: tokens tell their type. */
  @ApiPropertyOptional({ type: 'string', maxLength: FORM_BYTES, example: 'access_token' })
  token_type_hint?: string;
}

/** RFC 6749 §5.1. */
export class OAuthTokensDto {
  access_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  /** Seconds from issue to expiry. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 900 })
  expires_in: number;

  refresh_token: string;
}

/** RFC 7662 §2.2. Of a token that is not active nothing else is said, for whatever reason it is not. */
export class IntrospectionDto {
  active: boolean;

  @ApiPropertyOptional({ enum: ['likeness'] })
  client_id?: string;

  username?: string;

  /** `Bearer` for access tokens; a refresh token is none, and must not be taken for one. */
  @ApiPropertyOptional({ enum: ['Bearer', 'refresh_token'] })
  token_type?: 'Bearer' | 'refresh_token';

  /** The very second from which it is refused, as in its record. */
  @ApiPropertyOptional({ type: 'integer' })
  exp?: number;

  @ApiPropertyOptional({ type: 'integer' })
  iat?: number;

  /** The user's id. */
  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  sub?: string;

  aud?: string;

  iss?: string;

  /** Access tokens alone have one. */
  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  jti?: string;

  @ApiPropertyOptional({ type: 'string', format: 'uuid' })
  sid?: string;

  /** As they are now, not as they were at the issue. */
  @ApiPropertyOptional({ type: [String] })
  roles?: string[];
}

/** RFC 8414 §2. */
export class AuthorizationServerDto {
  @ApiProperty({ format: 'uri' })
  issuer: string;

  @ApiProperty({ format: 'uri' })
  token_endpoint: string;

  @ApiProperty({ format: 'uri' })
  jwks_uri: string;

  @ApiProperty({ format: 'uri' })
  introspection_endpoint: string;

  @ApiProperty({ format: 'uri' })
  revocation_endpoint: string;

  /** None: there is no authorization endpoint. */
  @ApiProperty({ type: [String], maxItems: 0 })
  response_types_supported: string[];

  @ApiProperty({ type: [String], example: ['refresh_token'] })
  grant_types_supported: string[];

  @ApiProperty({ type: [String], example: ['none'] })
  token_endpoint_auth_methods_supported: string[];

  @ApiProperty({ type: [String], example: ['client_secret_basic', 'client_secret_post', 'Bearer'] })
  introspection_endpoint_auth_methods_supported: string[];

  @ApiProperty({ type: [String], example: ['none', 'client_secret_basic', 'client_secret_post', 'Bearer'] })
  revocation_endpoint_auth_methods_supported: string[];

  @ApiProperty({ format: 'uri' })
  service_documentation: string;
}
