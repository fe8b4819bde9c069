import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiProblems } from '../http/index.js';
import './idempotency.errors.js';

/** The document says of whatever takes this that the answer may be one given before. */
export const IDEMPOTENCY_KEY_HEADER = 'Idempotency-Key';

/** Documents that this POST may be sent again with the same `Idempotency-Key`, and is answered as it was. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: IDEMPOTENCY_KEY_HEADER,
      required: false,
      description:
        'Names this request, so that it may be sent again: the same key and body get the same answer, and nothing is made twice. Best a random UUID; with or without quotes (draft-ietf-httpapi-idempotency-key-header).',
      schema: { type: 'string', minLength: 1, maxLength: 512 },
      example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
    }),
    ApiProblems('idempotency.in_flight', 'idempotency.key_reused'),
  );
