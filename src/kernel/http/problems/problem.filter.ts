import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppError } from '../../errors/index.js';
import { appErrorOf } from './app-error-of.js';
import { addVary } from '../server/cors.js';
import { requestIds } from '../request/request-ids.js';
import { errorResponseOf } from './error-response.js';

const HEADERS_OF_A_BODY = ['etag', 'last-modified', 'content-disposition', 'content-length', 'content-encoding', 'content-location', 'connection'];

/** Anything thrown becomes `application/problem+json`, or an OAuth error under /oauth; why it was thrown goes to the log, and nowhere else. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    this.answer(appErrorOf(thrown), request, http.getResponse<FastifyReply>());
  }

  answer(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
    if (error.status >= 500) this.log(error, request);
    // Once bytes have left, the only honest answer is a broken connection: a whole one would be taken for the rest of the body.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const response = errorResponseOf(error, { id: request.id, url: request.routeOptions?.url ?? request.raw.url, authorization: request.headers.authorization });
    // What a handler had said of its success does not hold for its failure. Fastify closes after a refused body; we drain instead.
    for (const name of HEADERS_OF_A_BODY) if (reply.hasHeader(name)) reply.removeHeader(name);
    // Where `Accept` chooses the answer it chose this one: 406 comes before 404.
    if (request.routeOptions?.config?.negotiates) addVary(reply, 'Accept');
    reply.code(response.status).headers(response.headers).send(JSON.stringify(response.body));
  }

  /** The route's pattern, never its URL: paths and queries name people. */
  private log(error: AppError, request: FastifyRequest): void {
    const facts = { code: error.code, ...requestIds(request), method: request.method, route: request.routeOptions?.url ?? null };
    const cause = error.cause instanceof Error ? error.cause : undefined;
    if (error.status === 503) this.logger.warn({ msg: 'request refused', ...facts, cause: cause?.name });
    else this.logger.error({ msg: 'request failed', ...facts, cause: cause?.name ?? typeof error.cause }, cause?.stack ?? error.stack);
  }
}
