import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';
import { isTooComplex } from '../request/body-bounds.js';
import { parseForm } from './form-parser.js';

/** A type by which the raw body passes through Fastify unread; only our own hook sets it. */
const UNREAD = 'application/x-unread';

const FORM = 'application/x-www-form-urlencoded';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON, JSON merge patch (RFC 7396; on PATCH alone), and nothing else, except on routes marked `@RawBody()`, whose body of any
 * declared type is handed over unread, and on those marked `@FormBody()`, which take a form alone. The parser for plain text goes: it would turn a wrong type into a wrong body.
 * A body has at most 16 KiB, and as many parts as `body-bounds.ts` says, before anything looks at them.
 */
export const addBodyParsers = (server: FastifyInstance, expectUpload: (request: IncomingMessage) => void): void => {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (takesForm(request)) done(frameworkError('request.unsupported_media_type'));
    else readJson(parse, request, body as Buffer, done);
  });
  server.addContentTypeParser(FORM, { parseAs: 'buffer' }, (request, body, done) => {
    if (takesForm(request)) readForm(body as Buffer, done);
    else if (request.is404 || body.length === 0) done(null, undefined);
    else done(frameworkError('request.unsupported_media_type'));
  });
  server.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.method === 'PATCH' || body.length === 0) readJson(parse, request, body as Buffer, done);
    else done(frameworkError('request.unsupported_media_type'));
  });
  server.addContentTypeParser(UNREAD, (_request, _payload, done) => done(null, undefined));
  server.addContentTypeParser('*', (request, payload, done) => {
    if (request.is404) done(null, undefined);
    else takeNothing(payload, done);
  });
  server.addHook('onRequest', (request, _reply, done) => {
    if (isEncoded(request) && !request.is404) return done(frameworkError('request.unsupported_media_type', undefined, { 'Accept-Encoding': 'identity' }));
    if (request.routeOptions.config?.rawBody) {
      expectUpload(request.raw);
      leaveUnread(request);
    } else if (request.headers['content-length'] === '0' && !isJson(request)) dropType(request);
    done();
  });
};

/** A body that is compressed, or the like: none is taken (RFC 9110 §8.4). */
const isEncoded = ({ headers }: FastifyRequest): boolean => {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding.trim() !== '' && encoding.trim().toLowerCase() !== 'identity';
};

/** What asks for a JSON type against forged requests of pages asks for it of empty bodies too. */
const isJson = ({ headers }: FastifyRequest): boolean => headers['content-type']?.startsWith('application/json') === true;

/** No bytes are of no type, whatever the client declares: `curl -d ''` says that it sends a form. */
const dropType = (request: FastifyRequest): void => {
  (request as { headers: FastifyRequest['headers'] }).headers = { ...request.raw.headers, 'content-type': undefined };
};

/** Chunks of a type that is not taken, of which there may be none. */
const takeNothing = (payload: NodeJS.ReadableStream, done: (error: Error | null, body?: unknown) => void): void => {
  const settle = (error: Error | null): void => {
    payload.off('data', refuse).off('end', end).off('error', broken);
    done(error);
  };
  const refuse = (): void => settle(frameworkError('request.unsupported_media_type'));
  const end = (): void => settle(null);
  const broken = (cause: unknown): void => settle(frameworkError('request.malformed_http', cause));
  payload.on('data', refuse).on('end', end).on('error', broken);
};

const takesForm = (request: FastifyRequest): boolean => request.routeOptions.config?.formBody === true;

const readForm = (body: Buffer, done: (error: Error | null, body?: unknown) => void): void => {
  const form = parseForm(body);
  if (form === 'tooComplex') done(frameworkError('request.too_complex'));
  else if (form) done(null, form);
  else done(frameworkError('request.malformed_form'));
};

/** Fastify chooses the parser by `request.headers`; the handler finds what the client declared in `request.raw.headers`. */
const leaveUnread = (request: FastifyRequest): void => {
  (request as { headers: FastifyRequest['headers'] }).headers = { 'content-type': UNREAD };
};

type JsonParser = ReturnType<FastifyInstance['getDefaultJsonParser']>;

/** An empty body is no body: some clients declare a type on every request. Bytes that are no UTF-8 are no JSON (RFC 8259 §8.1). */
const readJson = (parse: JsonParser, request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void): void => {
  if (body.length === 0) {
    done(null, undefined);
    return;
  }
  let text: string;
  try {
    text = utf8.decode(body);
  } catch (error) {
    done(frameworkError('request.malformed_json', error));
    return;
  }
  void parse(request, text, (error: Error | null, value?: unknown) => {
    if (error === null && isTooComplex(value)) done(frameworkError('request.too_complex'));
    else done(error, value);
  });
};
