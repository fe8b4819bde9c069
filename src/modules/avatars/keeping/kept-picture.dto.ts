import { ApiProperty } from '@nestjs/swagger';

/** An uploaded picture whose bytes are kept. */
export class KeptPictureDto {
  @ApiProperty({ format: 'uri' })
  url: string;

  @ApiProperty({ format: 'date-time' })
  shownSince: string;

  /** When another took its place; null: it is shown. */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  supersededAt: string | null;
}
