import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../../kernel/http/index.js';
import { PICTURE_FORMATS, contentTypeOf } from './pipeline/picture-variant.js';
import { CROP_FIELDS } from './pipeline/picture-crop.js';
import { DEFAULT_SIZE } from './showing/variant-request.js';

/** What any picture that is sent can be refused with. */
export const PICTURE_PROBLEMS = [
  'request.malformed_multipart',
  'request.malformed_part',
  'request.timeout',
  'request.rate_limited',
  'avatar.too_large',
  'avatar.unsupported_type',
  'avatar.not_an_image',
  'avatar.too_many_pixels',
  'avatar.too_many_frames',
  'avatar.busy',
  'avatar.storage_unavailable',
  'request.outcome_unknown',
] as const;

/** The same where one is replaced that the client may name. */
export const UPLOAD_PROBLEMS = [...PICTURE_PROBLEMS, 'request.precondition_failed'] as const;

const TAKEN_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'];

const CROP_PROPERTIES = {
  cropX: { type: 'integer', minimum: 0, maximum: 999_999_999, description: 'Left edge of the square to show, in pixels of the upright picture (after its Exif orientation). Without the three crop fields it is the largest centred square.' },
  cropY: { type: 'integer', minimum: 0, maximum: 999_999_999, description: 'Upper edge of the square, likewise.' },
  cropSize: { type: 'integer', minimum: 1, maximum: 999_999_999, description: 'Side of the square, likewise; it must lie inside the picture.' },
};

/** A body that is a form with one part `file`, or the bytes of the picture under any declared type. */
export const ApiPictureBody = (): MethodDecorator =>
  applyDecorators(
    ApiConsumes('multipart/form-data', ...TAKEN_TYPES, 'application/octet-stream'),
    ApiBody({
      required: true,
      description:
        'JPEG, PNG, WebP, GIF or AVIF, told by its bytes; at most AVATAR_MAX_BYTES (10 MiB unless set otherwise) and AVATAR_MAX_PIXELS (50 megapixels), and at most AVATAR_UPLOADS_PER_HOUR of them (60) for one user’s picture, or by one admin for the default one. ' +
        'Shown square and upright, in sRGB, without metadata; smaller pictures are scaled up to each size. Of an animation the first frame, or with AVATAR_ANIMATION all of it as WebP.',
      schema: {
        type: 'object',
        properties: { file: { type: 'string', format: 'binary' }, ...CROP_PROPERTIES },
        required: ['file'],
        dependentRequired: Object.fromEntries(CROP_FIELDS.map((field) => [field, CROP_FIELDS.filter((other) => other !== field)])),
        additionalProperties: false,
      } as never, // OpenAPI 3.1 takes any keyword of JSON Schema 2020-12; the types of 3.0 do not know this one
    }),
  );

export const ApiPictureUpload = (): MethodDecorator => applyDecorators(ApiPictureBody(), ApiPictureCondition());

/** Written as in the handler's `@Headers('If-Match')`: by another spelling it would be another header, and required. */
export const ApiPictureCondition = (): MethodDecorator =>
  ApiHeader({ name: 'If-Match', required: false, description: 'The ETag of any variant of the picture to be replaced.', schema: { type: 'string' } });

export const ApiPictureChoice = (): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'size',
      required: false,
      description: 'Side in pixels; the nearest larger of 32, 64, 128, 256 and 512 is given, over 512 it is 512. An upload that is smaller is scaled up to it.',
      schema: { type: 'integer', minimum: 1, default: DEFAULT_SIZE },
    }),
    ApiQuery({ name: 'format', required: false, description: 'Without it, `Accept` decides; WebP where it leaves the choice.', schema: { type: 'string', enum: [...PICTURE_FORMATS] } }),
  );

export const ApiPictureQuery = (): MethodDecorator => applyDecorators(ApiPictureChoice(), ApiHeader({ name: 'If-None-Match', required: false, schema: { type: 'string' } }));

const PICTURE_BODY = Object.fromEntries(PICTURE_FORMATS.map((format) => [contentTypeOf(format), { schema: { type: 'string', format: 'binary' } }]));
const ACCEPT_RANGES = { description: 'Ranges of bytes may be asked for.', schema: { type: 'string', const: 'bytes' } };

export const ApiPictureResponse = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({ name: 'Range', required: false, description: 'One range of bytes; several at once are answered with the whole.', schema: { type: 'string' }, example: 'bytes=0-99' }),
    ApiHeader({ name: 'If-Range', required: false, description: 'The ETag of what the client has a part of: of another version it gets the whole.', schema: { type: 'string' } }),
    ApiResponse({
      status: 200,
      description: 'The picture.',
      content: PICTURE_BODY,
      headers: { ETag: { description: 'Strong: names digest, size and format.', schema: { type: 'string' } }, 'Accept-Ranges': ACCEPT_RANGES as never },
    }),
    ApiResponse({
      status: 206,
      description: 'The part of the picture that `Range` asked for.',
      content: PICTURE_BODY,
      headers: {
        ETag: { schema: { type: 'string' } },
        'Content-Range': { required: true, schema: { type: 'string' }, example: 'bytes 0-99/4213' },
        'Accept-Ranges': ACCEPT_RANGES as never,
      },
    }),
    ApiResponse({ status: 304, description: 'The client holds this very picture.', headers: { ETag: { schema: { type: 'string' } } } }),
    ApiProblems('avatar.range_not_satisfiable'),
  );

/** Where access is private, the query of a signed URL stands in for a bearer token. */
export const ApiSignature = (): MethodDecorator =>
  applyDecorators(
    ...['user', 'expires', 'key', 'signature'].map((name) =>
      ApiQuery({ name, required: false, description: 'Part of a signed URL, as POST /v1/avatars/urls gives it; not looked at where access is public.', schema: { type: 'string' } }),
    ),
  );
