import { ApiContract } from './api-contract.js';

/** Every answer of the service that a test is given, by whatever client that uses `fetch`, is held against `openapi.json`. */
const plainFetch = globalThis.fetch;
let contract: ApiContract | undefined;

const LOCAL = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/;

globalThis.fetch = async (input, init) => {
  const response = await plainFetch(input, init);
  const url = input instanceof Request ? input.url : String(input);
  // Every answer of the service has an id; the other servers that tests talk to have none.
  if (LOCAL.test(url) && response.headers.has('x-request-id')) await check(response, url, input instanceof Request ? input : init);
  return response;
};

const check = async (response: Response, url: string, request: RequestInit | undefined): Promise<void> => {
  contract ??= new ApiContract();
  const { pathname, search } = new URL(url);
  contract.check({
    method: request?.method ?? 'GET',
    path: pathname + search,
    status: response.status,
    headers: response.headers,
    bytes: await bytesOf(response),
    sent: sentOf(request),
  });
};

/** JSON is read; pictures and streams are left to the test. */
const bytesOf = async (response: Response): Promise<Buffer | undefined> => {
  if (!response.body) return Buffer.alloc(0);
  return /json\b/.test(response.headers.get('content-type') ?? '') ? Buffer.from(await response.clone().arrayBuffer()) : undefined;
};

/** Only JSON can be looked at; what is a form or a picture is the handler's to judge. */
const sentOf = (request: RequestInit | undefined): { type: string; text: string } | undefined => {
  const type = new Headers(request?.headers).get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  return typeof request?.body === 'string' && type.endsWith('json') ? { type, text: request.body } : undefined;
};
