import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';
import { errorResponseOf, type ErrorResponse } from '../problems/error-response.js';
import type { FrameworkProblem } from '../problems/problem-catalogue.js';
import { asksForLoopback, hasOneHost, hearListeningFaults } from '../../sockets/index.js';
import { requestIdOf } from '../request/request-id.js';
import type { CorsPolicy } from './cors.js';
import { wasAnsweredEarly } from './unread-bodies.js';

const CODE_BY_PARSER_CODE: Readonly<Record<string, FrameworkProblem>> = {
  HPE_HEADER_OVERFLOW: 'request.headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'request.too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timeout',
};

/**
 * What never became a whole request (an unknown method, too many headers, a body that does not come, not HTTP at all) is answered on the bare socket. A page may
 * read the answer as it may read any other, where the head of its request had come: before that nobody knows whose page it is.
 */
export const answerClientError = (error: Error & { code?: string }, socket: Socket, cors: CorsPolicy): void => {
  // A response already begun must not be followed by another: its client would read both as one.
  const pending = (socket as Socket & { _httpMessage?: ServerResponse<IncomingMessage> | null })._httpMessage;
  if (wasAnsweredEarly(socket)) {
    socket.destroySoon();
    return;
  }
  // Who has asked nothing gets no answer, whichever of the two clocks (Node's for headers, ours for silence) rings first.
  const hasAskedNothing = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
  if (error.code === 'ECONNRESET' || hasAskedNothing || !socket.writable || pending?.headersSent === true) {
    socket.destroy();
    return;
  }
  const id = randomUUID();
  // What was asked for is known only where the head had come, and the body broke off or did not come.
  const code = CODE_BY_PARSER_CODE[error.code ?? ''] ?? 'request.malformed_http';
  socket.end(rawResponse(errorResponseOf(frameworkError(code), { id, url: pending?.req.url }), id, pending ? cors.bareHeaders(pending.req) : {}));
};

/** A connection that is one too many: 503, and no more of it. */
export const refuseConnection = (socket: Socket): void => {
  const id = randomUUID();
  socket.end(rawResponse(errorResponseOf(frameworkError('service.unavailable'), { id, url: undefined }), id));
};

/** A request whose rest does not come, or too slowly: 408, and the connection goes. */
export const refuseSlowRequest = (socket: Socket, cors: CorsPolicy): void =>
  answerClientError(Object.assign(new Error('too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket, cors);

/** RFC 9112 §3.2: HTTP/1.1 without a Host is a bad request, and so is one with two. Where only loopback names are served, any other is misdirected (421). */
export const requireHost = (server: FastifyInstance, isLoopbackOnly: boolean): void => {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.headers.host === undefined ? raw.httpVersionMinor > 0 : !hasOneHost(raw)) done(frameworkError('request.malformed_http'));
    else if (isLoopbackOnly && !asksForLoopback(raw)) done(frameworkError('request.misdirected'));
    else done();
  });
};

/**
 * What Node answers by itself: `Expect:` anything but `100-continue` would be an empty 417 (RFC 9110 §10.1.1), CONNECT a closed
 * connection.
 */
export const answerBareServer = (server: Server, cors: CorsPolicy): void => {
  hearListeningFaults(server, 'The service');
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node has taken its own error listener off this socket: without another, a reset would end the process.
    socket.on('error', () => socket.destroy());
    answerClientError(new Error('this is no proxy'), socket, cors);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const id = requestIdOf(request);
    const problem = errorResponseOf(frameworkError('request.expectation_failed'), { id, url: request.url });
    const body = JSON.stringify(problem.body);
    response.writeHead(problem.status, { ...bareHeaders(problem, id), ...cors.bareHeaders(request), 'content-length': Buffer.byteLength(body), connection: 'close' }).end(body);
  });
};

const bareHeaders = (problem: ErrorResponse, id: string): Record<string, string> => ({
  ...problem.headers,
  'x-request-id': id,
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

const rawResponse = (problem: ErrorResponse, id: string, more: Readonly<Record<string, string>> = {}): string => {
  const body = JSON.stringify(problem.body);
  const headers = { ...bareHeaders(problem, id), ...more, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`;
};
