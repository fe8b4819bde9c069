/** A request that can be sent again: its body was read once, since a stream cannot be. */
export class RepeatableRequest {
  private constructor(
    private readonly original: Request,
    private readonly body: ArrayBuffer | undefined,
  ) {}

  static async of(request: Request): Promise<RepeatableRequest> {
    // Not `request.body`: Firefox has none.
    const bytes = request.method === 'GET' || request.method === 'HEAD' ? null : await request.arrayBuffer();
    return new RepeatableRequest(request, bytes && bytes.byteLength > 0 ? bytes : undefined);
  }

  get method(): string {
    return this.original.method;
  }

  get headers(): Headers {
    return this.original.headers;
  }

  get signal(): AbortSignal {
    return this.original.signal;
  }

  /** With `Authorization: Bearer` when there is a token. */
  toRequest(token: string | null): Request {
    const headers = new Headers(this.original.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    return new Request(this.original, { headers, body: this.body });
  }
}
