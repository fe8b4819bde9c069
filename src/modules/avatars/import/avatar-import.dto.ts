import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

const MAX_URL_LENGTH = 2_048;

export class AvatarImportDto {
  /** Where the picture is: `https` (in production), no redirect, and not in a private network unless `AVATAR_IMPORT_ALLOWED_NETWORKS` says so. */
  @ApiProperty({ type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH, example: 'https://people.example.org/ada.jpg' })
  @IsString()
  @Length(1, MAX_URL_LENGTH)
  url: string;
}
