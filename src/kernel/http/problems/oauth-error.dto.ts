import { ApiProperty } from '@nestjs/swagger';

/** Every error under /oauth (RFC 6749 §5.2). */
export class OAuthErrorDto {
  @ApiProperty({ description: 'What is wrong, for programs.', example: 'invalid_grant' })
  error: string;

  @ApiProperty({ description: 'What is wrong, for people.', example: 'The token has expired.' })
  error_description: string;
}
