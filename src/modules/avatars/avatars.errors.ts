import { AppError } from '../../kernel/errors/index.js';
import { declareProblems } from '../../kernel/http/index.js';

declareProblems({
  'avatar.too_large': 413,
  'avatar.too_many_pixels': 422,
  'avatar.too_many_frames': 422,
  'avatar.not_an_image': 422,
  'avatar.unsupported_type': 415,
  'avatar.import_failed': 502,
  'avatar.not_found': 404,
  'avatar.link_invalid': 403,
  'avatar.link_expired': 403,
  'avatar.range_not_satisfiable': 416,
  'avatar.busy': 503,
  'avatar.storage_unavailable': 503,
  'request.malformed_multipart': 400,
  'request.malformed_part': 422,
});

const mebibytes = (bytes: number): string => `${Math.round((bytes / 1_048_576) * 100) / 100} MiB`;

/** 413: the body is longer than `AVATAR_MAX_BYTES`. */
export const avatarTooLarge = (maxBytes: number): AppError =>
  new AppError('avatar.too_large', 413, `A picture may have at most ${mebibytes(maxBytes)} (${maxBytes} bytes).`);

/** 422: the picture has more pixels than `AVATAR_MAX_PIXELS`; it was not decoded. */
export const avatarTooManyPixels = (maxPixels: number, cause?: unknown): AppError =>
  new AppError('avatar.too_many_pixels', 422, `A picture may have at most ${maxPixels} pixels (width times height).`, { cause });

/** 422: an animation of so many frames that only to count them takes the decoder minutes. */
export const avatarTooManyFrames = (maxFrames: number): AppError => new AppError('avatar.too_many_frames', 422, `A WebP animation may have at most ${maxFrames} frames.`);

/** 422: the bytes are no image, or a broken one. */
export const avatarNotAnImage = (cause?: unknown): AppError =>
  new AppError('avatar.not_an_image', 422, 'The bytes are not an image that can be decoded whole.', { cause });

/** 422: the file ends before its end mark. */
export const avatarCutOff = (): AppError => new AppError('avatar.not_an_image', 422, 'The file is cut off: its end is missing. Send all of it.');

/** 422: a JPEG of so many scans that to decode it takes minutes. */
export const avatarTooManyScans = (maxScans: number): AppError =>
  new AppError('avatar.not_an_image', 422, `A JPEG may have at most ${maxScans} scans. Save the picture again in another program.`);

/** 422: its decoder was ended, because it took more time or memory than a picture may. */
export const avatarTooCostly = (of: 'time' | 'memory', cause?: unknown): AppError =>
  new AppError('avatar.not_an_image', 422, `The picture takes too much ${of} to decode. Make it smaller, or save it again in another program.`, { cause });

/** 422: its decoder would need more memory than one picture may have, by what the header says; it was not decoded. */
export const avatarNeedsMemory = (needsBytes: number, maxBytes: number): AppError =>
  new AppError('avatar.too_many_pixels', 422, `To decode the picture takes ${mebibytes(needsBytes)} of memory; at most ${mebibytes(maxBytes)} are allowed. Send fewer pixels, or another type.`);

/** 415: an image, and of a type that is not taken. */
export const avatarUnsupportedType = (name: string): AppError =>
  new AppError('avatar.unsupported_type', 415, `Pictures of type ${name} are not taken. Send JPEG, PNG, WebP, GIF or AVIF.`, {
    headers: { Accept: 'image/jpeg, image/png, image/webp, image/gif, image/avif' },
  });

/** 503: too many pictures are being worked on; nothing was changed. */
export const avatarBusy = (cause?: unknown): AppError =>
  new AppError('avatar.busy', 503, 'Too many pictures are being worked on right now. Nothing was changed; try again.', {
    cause,
    headers: { 'Retry-After': '2' },
  });

/** 503: the picture store failed. Never answered with another picture instead (guarantees §4). */
export const storageUnavailable = (cause?: unknown): AppError =>
  new AppError('avatar.storage_unavailable', 503, 'The picture store is not available. Try again.', {
    cause,
    headers: { 'Retry-After': '1' },
  });

/** 502: the address that was given answered with no picture. `reason` is one word. */
export const avatarImportFailed = (reason: string, cause?: unknown): AppError =>
  new AppError('avatar.import_failed', 502, `No picture could be fetched from there: ${reason}.`, { cause });

/** 404: no picture under this name. */
export const pictureNotFound = (): AppError => new AppError('avatar.not_found', 404, 'There is no such picture.');

/** 400: the multipart body is broken, or not as the contract says (one part `file`). */
export const malformedMultipart = (cause?: unknown): AppError =>
  new AppError('request.malformed_multipart', 400, 'The multipart body cannot be read: send one part named `file`.', { cause });

/** 422: the form can be taken apart, and the header of a part cannot be read: a name with a line break or NUL in it (RFC 9110 §5.5). */
export const malformedPart = (cause?: unknown): AppError =>
  new AppError('request.malformed_part', 422, 'The header of a part cannot be read: a file name must not contain line breaks or NUL.', { cause });

/** 416: the range begins behind the end of the picture (RFC 9110 §15.5.17). */
export const rangeNotSatisfiable = (length: number): AppError =>
  new AppError('avatar.range_not_satisfiable', 416, `The picture has ${length} bytes.`, { headers: { 'Content-Range': `bytes */${length}` } });

/** 403: the signature of the URL is not ours, or not of this picture. */
export const linkInvalid = (): AppError => new AppError('avatar.link_invalid', 403, 'This URL was not signed here, or was changed.');

/** 403: the signed URL has expired. */
export const linkExpired = (): AppError => new AppError('avatar.link_expired', 403, 'This URL has expired; ask for a new one.');
