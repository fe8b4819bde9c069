import type { FastifyInstance, FastifyRequest } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';
import { parseForm } from './form-parser.js';

/** What a JSON body may weigh. Uploads are raw, and bounded by their handlers. */
export const JSON_BODY_LIMIT_BYTES = 256 * 1024;

/** A type by which the raw body passes through Fastify unread; only our own hook sets it. */
const UNREAD = 'application/x-unread';

const FORM = 'application/x-www-form-urlencoded';
/** Some tokens and a client's credentials fit well. */
const FORM_BODY_LIMIT_BYTES = 32 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON, JSON merge patch (RFC 7396; on PATCH alone), and nothing else, except on routes marked `@RawBody()`, whose body of any
 * declared type is handed over unread, and on those marked `@FormBody()`, which take a form alone. The parser for plain text goes: it would turn a wrong type into a wrong body.
 */
export const addBodyParsers = (server: FastifyInstance): void => {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: JSON_BODY_LIMIT_BYTES }, (request, body, done) => {
    if (takesForm(request)) done(frameworkError('request.unsupported_media_type'));
    else readJson(parse, request, body as Buffer, done);
  });
  server.addContentTypeParser(FORM, { parseAs: 'buffer', bodyLimit: FORM_BODY_LIMIT_BYTES }, (request, body, done) => {
    if (takesForm(request)) readForm(body as Buffer, done);
    else if (request.is404) done(null, undefined);
    else done(frameworkError('request.unsupported_media_type'));
  });
  server.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer', bodyLimit: JSON_BODY_LIMIT_BYTES }, (request, body, done) => {
    if (request.method === 'PATCH') readJson(parse, request, body as Buffer, done);
    else done(frameworkError('request.unsupported_media_type'));
  });
  server.addContentTypeParser(UNREAD, (_request, _payload, done) => done(null, undefined));
  server.addContentTypeParser('*', (request, _payload, done) => {
    if (request.is404) done(null, undefined);
    else done(frameworkError('request.unsupported_media_type'));
  });
  server.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config?.rawBody) leaveUnread(request);
    done();
  });
};

const takesForm = (request: FastifyRequest): boolean => request.routeOptions.config?.formBody === true;

const readForm = (body: Buffer, done: (error: Error | null, body?: unknown) => void): void => {
  const form = parseForm(body);
  if (form) done(null, form);
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
  void parse(request, text, done);
};
