import { ApiProperty } from '@nestjs/swagger';
import { AuditEventDto } from '../../kernel/audit/index.js';
import { OwnRecordsDto } from '../auth/index.js';
import { KeptPictureDto } from '../avatars/index.js';
import { UserDto } from '../users/index.js';

/** All that is stored about the caller. Of passwords, tokens and secrets only what says that they are there. */
export class DataExportDto extends OwnRecordsDto {
  @ApiProperty({ format: 'date-time' })
  exportedAt: string;

  /** With the avatar, by its URLs. */
  user: UserDto;

  hasPassword: boolean;

  /** What the user did, and what was done to them. The newest 10,000. */
  auditEvents: AuditEventDto[];

  /** Uploaded pictures, the superseded ones that are still kept included. */
  pictures: KeptPictureDto[];
}
