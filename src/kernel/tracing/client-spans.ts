import { tracingChannel, type TracingChannelSubscribers } from 'node:diagnostics_channel';
import { SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { describeRedisCommand, describeS3Call, describeStatement, type ClientCall } from './client-calls.js';

interface Message {
  error?: unknown;
}

/** Where the clients say what they do. Nobody listening, they say nothing. */
const SOURCES: readonly (readonly [channel: string, describe: (message: never) => ClientCall])[] = [
  ['likeness:postgres:statement', describeStatement],
  ['ioredis:command', describeRedisCommand],
  ['likeness:s3:call', describeS3Call],
];

const ignore = (): void => undefined;

/** A kind of failure, never its text: drivers quote what they were given. */
const kindOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : typeof name === 'string' ? name : '_OTHER';
};

/** A span for each thing that a traced request asks of a store. What the service does by itself has no trace. */
export class ClientSpans {
  private readonly spans = new WeakMap<object, Span>();
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly tracer: Tracer,
    private readonly active: () => Context,
  ) {}

  listen(): void {
    for (const [name, describe] of SOURCES) {
      const channel = tracingChannel<object, Message>(name);
      const subscribers: TracingChannelSubscribers<Message> = {
        start: (message) => this.begin(message, describe),
        end: ignore,
        asyncStart: ignore,
        asyncEnd: (message) => this.end(message),
        error: ignore, // what failed ends, too
      };
      channel.subscribe(subscribers);
      this.listeners.push(() => channel.unsubscribe(subscribers));
    }
  }

  stop(): void {
    for (const leave of this.listeners.splice(0)) leave();
  }

  private begin(message: Message, describe: (message: never) => ClientCall): void {
    const parent = this.active();
    if (trace.getSpan(parent)?.isRecording() !== true) return;
    const { name, attributes } = describe(message as never);
    this.spans.set(message, this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent));
  }

  private end(message: Message): void {
    const span = this.spans.get(message);
    if (!span) return;
    if (message.error !== undefined) span.setAttribute('error.type', kindOf(message.error)).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
