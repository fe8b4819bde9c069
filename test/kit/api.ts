import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { AppConfig } from '../../src/kernel/config/index.js';

export interface ApiRequest {
  /** Sent as JSON, unless it is bytes or a form. */
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that has already been held against the document. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look where they expect something
}

/** A client of one instance, wherever that runs. Its answers are held against `openapi.json`, as all are that come by `fetch`. */
export class ApiClient {
  constructor(
    readonly url: string,
    readonly port: number,
  ) {}

  get(path: string, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('GET', path, request);
  }

  head(path: string, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('HEAD', path, request);
  }

  post(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('POST', path, { body, ...request });
  }

  put(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('PUT', path, { body, ...request });
  }

  patch(path: string, body?: unknown, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('PATCH', path, { body, ...request });
  }

  delete(path: string, request?: ApiRequest): Promise<ApiAnswer> {
    return this.request('DELETE', path, request);
  }

  async request(method: string, path: string, { body, token, headers = {} }: ApiRequest = {}): Promise<ApiAnswer> {
    const isRaw = body === undefined || body instanceof Uint8Array || body instanceof FormData || typeof body === 'string';
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(!isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: isRaw ? (body as Uint8Array<ArrayBuffer> | FormData | string | undefined) : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = /json\b/.test(response.headers.get('content-type') ?? '') && bytes.length > 0;
    return { status: response.status, headers: response.headers, bytes, body: isJson ? JSON.parse(bytes.toString('utf8')) : undefined };
  }
}

/** The whole service inside the test's own process, for tests that reach into it by `app`, and its client. Others start a bundle (`startBundledService`). */
export class Api extends ApiClient {
  private constructor(
    readonly app: NestFastifyApplication,
    url: string,
    port: number,
  ) {
    super(url, port);
  }

  static async start(config: AppConfig): Promise<Api> {
    // Here, so that tests that only talk to a service don't load it.
    const { createApp } = await import('../../src/app/index.js');
    const app = await createApp(config);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Api(app, `http://127.0.0.1:${port}`, port);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

export interface RegisteredUser {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
}

/** A new account with names of its own, signed in. */
export const registerUser = async (api: ApiClient, changes: Readonly<Record<string, unknown>> = {}): Promise<RegisteredUser> => {
  const tag = randomUUID().slice(0, 13);
  const input = { email: `${tag}@example.test`, username: `u${tag}`, password: 'correct horse battery', ...changes };
  const { status, body } = await api.post('/v1/auth/register', input);
  if (status !== 201) throw new Error(`register answered ${status}: ${JSON.stringify(body)}`);
  return {
    id: body.user.id,
    email: body.user.email,
    username: body.user.username,
    password: input.password,
    token: body.tokens.accessToken,
    refreshToken: body.tokens.refreshToken,
    sessionId: body.tokens.sessionId,
  };
};
