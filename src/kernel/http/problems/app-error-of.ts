import { HttpException } from '@nestjs/common';
import { isDatabaseAway } from '../../database/index.js';
import { AppError, serviceUnavailable } from '../../errors/index.js';
import { frameworkError, frameworkErrorOfStatus } from './framework.errors.js';
import type { FrameworkProblem } from './problem-catalogue.js';

/** Fastify's own errors, where the status alone says too little. */
const CODE_BY_FASTIFY_CODE = new Map<string, FrameworkProblem>([
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'request.malformed_json'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'request.malformed_json'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'request.malformed_http'],
  ['FST_ERR_BAD_URL', 'request.malformed_url'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'request.url_too_long'],
]);

/** Whatever was thrown, as one of ours. What it said stays the private cause: only we write what clients read. */
export const appErrorOf = (thrown: unknown): AppError => {
  if (thrown instanceof AppError) return thrown;
  const cause = thrown instanceof HttpException && thrown.cause !== undefined ? thrown.cause : thrown;
  if (cause instanceof AppError) return cause;
  if (isHungUp(cause)) return frameworkError('request.malformed_http', cause);
  const byCode = CODE_BY_FASTIFY_CODE.get(wordOf(cause, 'code') ?? '');
  if (byCode) return frameworkError(byCode, cause);
  const status = statusOf(thrown);
  // Reads need no transaction, so nobody has translated their errors yet.
  if (status === 500 && isDatabaseAway(cause)) return serviceUnavailable(cause);
  return frameworkErrorOfStatus(status, thrown);
};

/** What Node says of a request whose client went away before all of it had come. */
const isHungUp = (cause: unknown): boolean => cause instanceof Error && cause.message === 'aborted' && wordOf(cause, 'code') === 'ECONNRESET';

/** Only Nest's and Fastify's errors may choose a status; a `status` on any other error means something else. */
const statusOf = (thrown: unknown): number => {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (!(thrown instanceof Error)) return 500;
  const isFastify = wordOf(thrown, 'code')?.startsWith('FST_') ?? false;
  const { statusCode } = thrown as { statusCode?: unknown };
  return isFastify && typeof statusCode === 'number' ? statusCode : 500;
};

const wordOf = (value: unknown, key: string): string | undefined => {
  const word = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof word === 'string' ? word : undefined;
};
