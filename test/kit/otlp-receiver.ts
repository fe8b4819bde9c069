import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

/** A message in protobuf's wire format, by the numbers of its fields: varints as numbers, everything else as bytes. */
const fieldsOf = (bytes: Buffer): Fields => {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const varint = (): number => {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    const value = kind === 0 ? varint() : take(kind === 2 ? varint() : kind === 1 ? 8 : 4);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
};

const messages = (fields: Fields, number: number): Fields[] => (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Buffer));
const text = (fields: Fields, number: number): string => (fields.get(number)?.[0] as Buffer | undefined)?.toString('utf8') ?? '';
const hex = (fields: Fields, number: number): string => (fields.get(number)?.[0] as Buffer | undefined)?.toString('hex') ?? '';

/** opentelemetry/proto/common/v1: KeyValue {1: key, 2: AnyValue {1: string, 3: int}}. */
const attributesOf = (fields: Fields, number: number): Record<string, string | number> =>
  Object.fromEntries(
    messages(fields, number).map((pair) => {
      const value = messages(pair, 2)[0]!;
      return [text(pair, 1), (value.get(3)?.[0] as number | undefined) ?? text(value, 1)];
    }),
  );

/** opentelemetry/proto/trace/v1: Span. */
const spanOf = (span: Fields): ReceivedSpan => ({
  traceId: hex(span, 1),
  spanId: hex(span, 2),
  parentSpanId: hex(span, 4),
  name: text(span, 5),
  isError: messages(span, 15)[0]?.get(3)?.[0] === 2,
  attributes: attributesOf(span, 9),
});

/** A collector that keeps what it is sent by OTLP over HTTP, in protobuf. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that was sent, bodies and headers, as text: to look for what must not be in it. */
  raw = '';
  readonly serviceNames = new Set<string>();
  readonly authorizations = new Set<string | undefined>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') receiver.keep(Buffer.concat(chunks), request);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The request's span and those below it, once the request's has come. */
  async trace(requestId: string): Promise<readonly ReceivedSpan[]> {
    for (;;) {
      const root = this.spans.find(({ attributes }) => attributes['likeness.request_id'] === requestId);
      if (root) return this.spans.filter(({ traceId }) => traceId === root.traceId);
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(body: Buffer, { headers }: IncomingMessage): void {
    this.raw += body.toString('latin1');
    this.authorizations.add(headers.authorization);
    for (const resource of messages(fieldsOf(body), 1)) {
      this.serviceNames.add(String(attributesOf(messages(resource, 1)[0]!, 1)['service.name']));
      for (const scope of messages(resource, 2)) this.spans.push(...messages(scope, 2).map(spanOf));
    }
  }
}
