import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { PICTURE_FORMATS, contentTypeOf } from './pipeline/picture-variant.js';
import { DEFAULT_SIZE } from './showing/variant-request.js';

/** What any upload can be refused with. */
export const UPLOAD_PROBLEMS = [
  'request.malformed_multipart',
  'request.precondition_failed',
  'request.timeout',
  'avatar.too_large',
  'avatar.unsupported_type',
  'avatar.not_an_image',
  'avatar.too_many_pixels',
  'avatar.busy',
  'avatar.storage_unavailable',
  'request.outcome_unknown',
] as const;

const TAKEN_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'];

/** A body that is a form with one part `file`, or the bytes of the picture under any declared type. */
export const ApiPictureUpload = (): MethodDecorator =>
  applyDecorators(
    ApiConsumes('multipart/form-data', ...TAKEN_TYPES, 'application/octet-stream'),
    ApiBody({
      required: true,
      description: 'JPEG, PNG, WebP, GIF or AVIF, told by its bytes. Shown square and upright, in sRGB, without metadata; smaller pictures are scaled up.',
      schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'], additionalProperties: false },
    }),
    ApiHeader({ name: 'If-Match', required: false, description: 'The ETag of any variant of the picture to be replaced.', schema: { type: 'string' } }),
  );

export const ApiPictureQuery = (): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'size',
      required: false,
      description: 'Side in pixels; the nearest larger of 32, 64, 128, 256 and 512 is given, over 512 it is 512.',
      schema: { type: 'integer', minimum: 1, default: DEFAULT_SIZE },
    }),
    ApiQuery({ name: 'format', required: false, description: 'Without it, `Accept` decides; WebP where it leaves the choice.', schema: { type: 'string', enum: [...PICTURE_FORMATS] } }),
    ApiHeader({ name: 'If-None-Match', required: false, schema: { type: 'string' } }),
  );

export const ApiPictureResponse = (): MethodDecorator =>
  applyDecorators(
    ApiResponse({
      status: 200,
      description: 'The picture.',
      content: Object.fromEntries(PICTURE_FORMATS.map((format) => [contentTypeOf(format), { schema: { type: 'string', format: 'binary' } }])),
      headers: { ETag: { description: 'Strong: names digest, size and format.', schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 304, description: 'The client holds this very picture.', headers: { ETag: { schema: { type: 'string' } } } }),
  );
