import { AppError, type FieldFault } from './app-error.js';

/** An answer does not grow with the question: so many faults are reported, and so many characters of what the client has sent. */
export const MAX_REPORTED_FAULTS = 20;
const MAX_FIELD_CHARACTERS = 100;
const MAX_MESSAGE_CHARACTERS = 200;

/** 400: one or more fields of the body, the query or the path are wrong. The first 20 faults are reported. */
export const requestInvalid = (errors: readonly FieldFault[], detail = 'The request is not valid.'): AppError =>
  new AppError('request.invalid', 400, detail, { errors: errors.slice(0, MAX_REPORTED_FAULTS).map(shortened) });

const shortened = ({ field, code, message }: FieldFault): FieldFault => ({ field: cut(field, MAX_FIELD_CHARACTERS), code, message: cut(message, MAX_MESSAGE_CHARACTERS) });

/** Not through the middle of a surrogate pair. */
const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…`);

/** 503: something this request needs is away; nothing was changed. */
export const serviceUnavailable = (cause?: unknown, retryAfterSeconds = 1): AppError =>
  new AppError('service.unavailable', 503, 'A dependency of this service is not available. Nothing was changed; try again.', {
    cause,
    headers: { 'Retry-After': String(retryAfterSeconds) },
  });

/** 503: the change may or may not have been made (guarantees: the second fence failed). */
export const outcomeUnknown = (cause?: unknown): AppError =>
  new AppError('request.outcome_unknown', 503, 'The change was made or not; read before you try again.', {
    cause,
    headers: { 'Retry-After': '1' },
  });

/** 412: `If-Match` named another version (RFC 9110 §13.1.1). */
export const preconditionFailed = (): AppError =>
  new AppError('request.precondition_failed', 412, 'It has changed since you read it; read it again.');

/** 403: the caller is known, and may not do this. */
export const forbidden = (detail = 'You may not do this.'): AppError => new AppError('auth.forbidden', 403, detail);
