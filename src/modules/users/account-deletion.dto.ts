import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

export class AccountDeletionDto {
  @ApiProperty({ type: 'string', format: 'password', maxLength: 1024 })
  @IsString()
  @MaxLength(1024)
  currentPassword: string;
}
