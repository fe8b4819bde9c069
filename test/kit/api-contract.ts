import { DocumentedApi, type OperationObject, type ResponseObject } from './documented-api.js';
import { noteAnswer } from './seen-answers.js';

/** What was asked and what came back. `bytes` is undefined where nobody has read them: of pictures, and of streams. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer | undefined;
  /** The body that was sent, if it is text. */
  readonly sent?: { readonly type: string; readonly text: string };
}

/** What any path answers to a request that no operation takes. */
const OUTSIDE_OPERATIONS = new Set([400, 404, 405, 414, 417, 431, 503]);

/** Headers that say something to a client; whichever an answer has, the document must know. */
const SPEAKING_HEADERS = [
  'accept', 'accept-ranges', 'allow', 'content-disposition', 'content-location', 'content-range', 'etag', 'idempotency-replayed', 'last-modified', 'link', 'location',
  'ratelimit', 'ratelimit-policy', 'retry-after', 'set-cookie', 'vary', 'www-authenticate',
];

/** The committed document, held against real answers: status, type, body and headers must be as it says, and so must requests that were taken. */
export class ApiContract {
  private readonly api = new DocumentedApi();

  /** Throws when the answer is not what the document says. */
  check(exchange: Exchange): void {
    const faults = this.faultsOf(exchange);
    if (faults.length === 0) return;
    const body = exchange.bytes?.subarray(0, 600).toString('utf8') ?? '';
    throw new Error(`${exchange.method} ${exchange.path} → ${exchange.status} is not as documented:\n- ${faults.join('\n- ')}\n${body}`);
  }

  private faultsOf(exchange: Exchange): string[] {
    const pathname = decoded(new URL(exchange.path, 'http://x').pathname);
    const operation = this.api.operationOf(exchange.method, pathname);
    if (!operation) return OUTSIDE_OPERATIONS.has(exchange.status) ? this.problemFaults(exchange, pathname) : [];
    noteAnswer(operation.operationId, exchange);
    const documented = operation.responses[String(exchange.status)];
    if (!documented) return [`${operation.operationId} documents no ${exchange.status}, only ${Object.keys(operation.responses).join(', ')}`];
    const response = this.api.resolve(documented);
    return [...this.headerFaults(exchange, response), ...this.bodyFaults(exchange, response), ...this.requestFaults(exchange, operation)];
  }

  private headerFaults({ headers }: Exchange, response: ResponseObject): string[] {
    const known = new Set(Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()));
    const unknown = SPEAKING_HEADERS.filter((name) => headers.has(name) && !known.has(name)).map((name) => `header ${name} is not documented`);
    const wrong = Object.entries(response.headers ?? {}).flatMap(([name, given]) => {
      const header = this.api.resolve(given);
      const value = headers.get(name);
      if (value === null) return header.required ? [`header ${name} is missing`] : [];
      return header.schema ? this.api.faultsOf(header.schema, value, `header ${name}`) : [];
    });
    return [...unknown, ...wrong];
  }

  private bodyFaults(exchange: Exchange, response: ResponseObject): string[] {
    const { bytes, headers } = exchange;
    const isBodiless = exchange.method === 'HEAD' || [204, 302, 304, 307].includes(exchange.status);
    if (isBodiless) return bytes === undefined || bytes.length === 0 ? [] : ['a body where there must be none'];
    if (!response.content) return bytes === undefined || bytes.length === 0 ? [] : ['a body that is not documented'];
    const type = headers.get('content-type')?.split(';')[0]?.trim() ?? '(none)';
    const media = response.content[type];
    if (!media) return [`type ${type} is not documented, only ${Object.keys(response.content).join(', ')}`];
    return media.schema && bytes && /json$/.test(type) ? this.api.faultsOf(media.schema, JSON.parse(bytes.toString('utf8')), 'body') : [];
  }

  /** What was taken must be what the document says may be sent. */
  private requestFaults({ status, path, sent }: Exchange, operation: OperationObject): string[] {
    if (status >= 300) return [];
    const known = new Set((operation.parameters ?? []).map((parameter) => this.api.resolve(parameter)).filter(({ in: place }) => place === 'query').map(({ name }) => name));
    // The Gravatar protocol takes whatever else stands there.
    const isTolerant = operation.operationId === 'avatars_showByEmail';
    const names = [...new Set(new URL(path, 'http://x').searchParams.keys())].filter((name) => !known.has(name) && !isTolerant);
    return [...names.map((name) => `the query parameter ${name} was taken and is not documented`), ...this.sentFaults(sent, operation)];
  }

  private sentFaults(sent: Exchange['sent'], operation: OperationObject): string[] {
    if (sent === undefined || sent.text === '') return [];
    const content = operation.requestBody && this.api.resolve(operation.requestBody).content;
    if (!content) return [];
    const media = content[sent.type];
    if (!media) return [`a body of type ${sent.type} was taken and is not documented`];
    return media.schema && /json$/.test(sent.type) ? this.api.faultsOf(media.schema, JSON.parse(sent.text), 'the body that was taken') : [];
  }

  private problemFaults(exchange: Exchange, pathname: string): string[] {
    if (exchange.method === 'HEAD' || !exchange.bytes || exchange.bytes.length === 0) return [];
    const isOAuth = /^\/oauth(\/|$)/.test(pathname);
    const schema = { $ref: `#/components/schemas/${isOAuth ? 'OAuthErrorDto' : 'ProblemDto'}` };
    return this.bodyFaults(exchange, { content: { [isOAuth ? 'application/json' : 'application/problem+json']: { schema } } });
  }
}

const decoded = (pathname: string): string => {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
};
