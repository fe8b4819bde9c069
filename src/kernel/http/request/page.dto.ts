import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export const DEFAULT_PAGE_LIMIT = 50;
export const MAX_PAGE_LIMIT = 200;

/** Only plain decimal digits are a number; anything else stays what it is, and is refused. */
export const strictInteger = ({ value }: { value: unknown }): unknown => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value);

/** The query of every list. */
export class PageQuery {
  @ApiPropertyOptional({ description: 'How many items at most.', type: 'integer', minimum: 1, maximum: MAX_PAGE_LIMIT, default: DEFAULT_PAGE_LIMIT })
  @IsOptional()
  @Transform(strictInteger)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_LIMIT)
  limit: number = DEFAULT_PAGE_LIMIT;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before.', type: 'string', maxLength: 1024 })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  cursor?: string;
}

/** What every list answers. Extend it with `items` of the right type so that the document knows them. */
export abstract class Page<T> {
  abstract items: T[];

  @ApiProperty({ description: 'Give it as `cursor` for the next page; null at the end.', type: 'string', nullable: true })
  nextCursor: string | null;
}
