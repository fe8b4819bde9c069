import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One fault of one field of the request. */
export class FieldFaultDto {
  @ApiProperty({ description: 'Path of the field, such as `email` or `ids[3]`; its first 100 characters.', example: 'email' })
  field: string;

  @ApiProperty({ description: 'A stable word for what is wrong.', example: 'is_email' })
  code: string;

  @ApiProperty({ description: 'A sentence for people.', example: 'email must be an email' })
  message: string;
}

/** Every error of the service (RFC 9457), as `application/problem+json`. */
export class ProblemDto {
  @ApiProperty({ description: 'A URI for the kind of problem; it says the same as `code`.', format: 'uri', example: 'urn:likeness:problem:user.email_taken' })
  type: string;

  @ApiProperty({ description: 'The kind of problem in words; the same at every occurrence.', example: 'User email taken' })
  title: string;

  @ApiProperty({ description: 'The HTTP status.', type: 'integer', minimum: 400, maximum: 599, example: 409 })
  status: number;

  @ApiProperty({ description: 'What happened here, for people.', example: 'This e-mail address is already in use.' })
  detail: string;

  @ApiProperty({ description: 'The request id, as in `X-Request-Id`; name it when you ask for help.', example: '0a2f4c1e-7a52-4c59-b8ce-5d1ba5e3f0a1' })
  instance: string;

  @ApiProperty({ description: 'A stable dotted word for programs.', example: 'user.email_taken' })
  code: string;

  @ApiPropertyOptional({ description: 'The faults of the fields, the first 20; with `request.invalid`.', maxItems: 20, type: () => [FieldFaultDto] })
  errors?: FieldFaultDto[];
}
