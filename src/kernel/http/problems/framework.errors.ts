import { AppError } from '../../errors/index.js';
import { FRAMEWORK_PROBLEMS, type FrameworkProblem } from './problem-catalogue.js';

const DETAILS: Readonly<Record<FrameworkProblem, string>> = {
  'request.invalid': 'The request is not valid.',
  'request.malformed_json': 'The body is not valid JSON.',
  'request.malformed_form': 'The body is not a form in which each parameter stands once.',
  'request.too_complex': 'The body has too many fields, items, levels or parameters.',
  'request.malformed_url': 'The URL is not valid.',
  'request.malformed_http': 'The request is not valid HTTP.',
  'request.not_found': 'There is nothing here.',
  'request.method_not_allowed': 'This method is not allowed here; see the Allow header.',
  'request.not_acceptable': 'None of the types in Accept can be answered.',
  'request.timeout': 'The request took too long to arrive.',
  'request.conflict': 'The request conflicts with the present state.',
  'request.precondition_failed': 'It has changed since you read it; read it again.',
  'request.too_large': 'The body is too large.',
  'request.url_too_long': 'The URL, or a part of it, is too long.',
  'request.unsupported_media_type': 'The Content-Type of the body is not supported here.',
  'request.expectation_failed': 'The Expect header cannot be met.',
  'request.misdirected': 'The service is not known by this host name.',
  'request.unprocessable': 'The request was understood, and cannot be carried out.',
  'request.rate_limited': 'Too many requests; try again later.',
  'request.headers_too_large': 'The headers are too large.',
  'request.outcome_unknown': 'The change was made or not; read before you try again.',
  'auth.unauthorized': 'A valid bearer token is required.',
  'auth.forbidden': 'You may not do this.',
  'service.internal': 'Something failed here; the request id tells the operators what.',
  'service.unavailable': 'The service is not available now; try again.',
};

/** An error that the framework, not a module, has found. */
export const frameworkError = (code: FrameworkProblem, cause?: unknown, headers: Record<string, string> = {}): AppError =>
  new AppError(code, FRAMEWORK_PROBLEMS[code], DETAILS[code], { cause, headers });

const CODE_BY_STATUS = new Map<number, FrameworkProblem>([
  [401, 'auth.unauthorized'],
  [403, 'auth.forbidden'],
  [404, 'request.not_found'],
  [405, 'request.method_not_allowed'],
  [406, 'request.not_acceptable'],
  [408, 'request.timeout'],
  [409, 'request.conflict'],
  [412, 'request.precondition_failed'],
  [413, 'request.too_large'],
  [414, 'request.url_too_long'],
  [415, 'request.unsupported_media_type'],
  [417, 'request.expectation_failed'],
  [421, 'request.misdirected'],
  [422, 'request.unprocessable'],
  [429, 'request.rate_limited'],
  [431, 'request.headers_too_large'],
  [503, 'service.unavailable'],
]);

/** The nearest code for a status that a library chose; any other 4xx is `request.invalid`, any other 5xx `service.internal`. */
export const frameworkErrorOfStatus = (status: number, cause?: unknown): AppError =>
  frameworkError(CODE_BY_STATUS.get(status) ?? (status >= 400 && status < 500 ? 'request.invalid' : 'service.internal'), cause);
