import type { IncomingMessage } from 'node:http';
import multer from 'multer';
import { AppError, requestInvalid } from '../../../kernel/errors/index.js';
import { frameworkError } from '../../../kernel/http/index.js';
import { avatarBusy, avatarTooLarge, malformedMultipart, malformedPart } from '../avatars.errors.js';
import { CROP_FIELDS, cropOf, type CropField, type PictureCrop } from '../pipeline/picture-crop.js';
import type { UploadPlace } from './upload-places.js';

/** What a multipart body may weigh beyond its file: boundaries, part headers, small fields. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024;

const FILE_FIELD = 'file';

/** A fault of the form itself, at one of its fields. */
const formFault = (field: string, code: string, message: string): AppError => requestInvalid([{ field, code, message }]);

/** The uploaded bytes, and the square of them that was asked for; a raw body has no place for one. */
export interface Upload {
  readonly bytes: Buffer;
  readonly crop: PictureCrop | null;
}

/** Asked for one upload: told of each piece of it that comes, and given a way to refuse the rest. */
export type EnterUpload = (displace: () => void) => Pick<UploadPlace, 'hold'>;

type MultipartRequest = IncomingMessage & { body?: Record<string, unknown>; file?: { buffer: Buffer } };

/** Reads the picture out of a request body, multipart or raw, and never more of it than allowed. */
export class BodyReader {
  private readonly multipart;

  constructor(private readonly maxBytes: number) {
    // Memory, because a picture is decoded whole; `limits` bound every other dimension of a form.
    this.multipart = multer({
      storage: multer.memoryStorage(),
      preservePath: true, // the name is never looked at; cut down to its last part, `..` would be none at all
      limits: { fileSize: maxBytes, files: 1, fields: 8, parts: 9, fieldSize: 1024, fieldNameSize: 100, headerPairs: 32 },
    }).single(FILE_FIELD);
  }

  /**
   * How long a body may take is the server's to watch (UPLOAD_TIMEOUT_MS, REQUEST_IDLE_TIMEOUT_MS).
   * @throws AppError avatar.too_large (413), avatar.busy (503), request.malformed_multipart (400), request.malformed_part (422), request.invalid (400)
   */
  read(request: IncomingMessage, enter: EnterUpload): Promise<Upload> {
    if (request.destroyed) return Promise.reject(frameworkError('request.malformed_http')); // its sender is gone, and no event will follow
    const isMultipart = /^\s*multipart\//i.test(request.headers['content-type'] ?? '');
    const limit = isMultipart ? this.maxBytes + MULTIPART_OVERHEAD_BYTES : this.maxBytes;
    // Refused at once, before a byte of it is taken in.
    if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(avatarTooLarge(this.maxBytes));
    return isMultipart ? this.readForm(request, limit, enter) : this.readRaw(request, limit, enter);
  }

  private readForm(request: MultipartRequest, limit: number, enter: EnterUpload): Promise<Upload> {
    return this.watched(request, limit, enter, (resolve, reject) => {
      const done = (error?: unknown): void => {
        if (error) reject(this.translated(error));
        else if (request.file) this.settleForm(request, resolve, reject);
        else reject(formFault(FILE_FIELD, 'is_defined', 'send one part named `file`, with a file name'));
      };
      // multer is typed for express, and uses nothing of it but the stream and its headers.
      this.multipart(request as never, {} as never, done);
      return () => undefined;
    });
  }

  /** Unknown fields are refused, as everywhere. */
  private settleForm(request: MultipartRequest, resolve: (upload: Upload) => void, reject: (error: unknown) => void): void {
    const fields = request.body ?? {};
    const unknown = Object.keys(fields).find((field) => !CROP_FIELDS.includes(field as CropField));
    if (unknown !== undefined) return reject(formFault(unknown, 'unknown_field', 'this field is not known'));
    try {
      resolve({ bytes: request.file!.buffer, crop: cropOf(fields) });
    } catch (error) {
      reject(error);
    }
  }

  private readRaw(request: IncomingMessage, limit: number, enter: EnterUpload): Promise<Upload> {
    return this.watched(request, limit, enter, (resolve) => {
      const chunks: Buffer[] = [];
      const take = (chunk: Buffer): void => void chunks.push(chunk);
      const end = (): void => resolve({ bytes: Buffer.concat(chunks), crop: null });
      request.on('data', take).once('end', end);
      return () => request.off('data', take).off('end', end);
    });
  }

  /** Runs a reader under the limit of its own bytes, and of those of all uploads; whichever is passed first decides. */
  private watched(
    request: IncomingMessage,
    limit: number,
    enter: EnterUpload,
    start: (resolve: (upload: Upload) => void, reject: (error: unknown) => void) => () => unknown,
  ): Promise<Upload> {
    return new Promise<Upload>((resolve, reject) => {
      let receivedBytes = 0;
      let stop: () => unknown = () => undefined;
      const settle = (finish: () => void): void => {
        request.off('data', count).off('close', closed).off('error', broken);
        stop();
        finish();
      };
      // What is still to come is left to the server, which takes it in, bounded, so that the client hears the answer.
      const refuse = (error: AppError): void => settle(() => {
        request.unpipe();
        request.pause();
        reject(error);
      });
      const count = (chunk: Buffer): void => {
        receivedBytes += chunk.length;
        place.hold(chunk.length);
        if (receivedBytes > limit) refuse(avatarTooLarge(this.maxBytes));
      };
      const broken = (): void => settle(() => reject(frameworkError('request.malformed_http')));
      // A request that has come whole closes too, and sooner than a form is taken apart.
      const closed = (): void => void (request.complete || broken());
      const place = enter(() => refuse(avatarBusy()));
      request.on('data', count).once('close', closed).once('error', broken);
      stop = start((upload) => settle(() => resolve(upload)), (error) => settle(() => reject(error))); // may settle at once
    });
  }

  /** multer says codes; busboy below it throws plain errors for a broken body. */
  private translated(error: unknown): AppError {
    if (!(error instanceof multer.MulterError)) return /^Malformed part header/.test(String((error as Error | null)?.message)) ? malformedPart(error) : malformedMultipart(error);
    if (error.code === 'LIMIT_FILE_SIZE') return avatarTooLarge(this.maxBytes);
    if (error.code === 'LIMIT_UNEXPECTED_FILE' || error.code === 'LIMIT_FILE_COUNT') return formFault(FILE_FIELD, 'one_file', 'send exactly one file, in a part named `file`');
    return malformedMultipart(error);
  }
}
