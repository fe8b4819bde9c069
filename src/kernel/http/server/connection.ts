import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WaitConfig } from '../../config/index.js';

/** Bytes a second that a body must bring. A phone on a slow network has more; a client that drips has not. */
const LEAST_BYTES_PER_SECOND = 512;
/** How long a client may take to read a last answer before its connection is closed. */
const READING_MS = 1_000;
/** While the service closes, how long it waits for a body that has stopped, or for a first request. */
const CLOSING_IDLE_MS = 2_000;

/** What is to be done with a connection. `tooSlow`: tell the client 408; `close`: nobody is there to be told. */
export type Verdict = 'tooSlow' | 'close' | null;

/** One client's connection, and how long it has kept us waiting. Looked at every so often: nothing is counted while requests are served. */
export class Connection {
  /** The request on it whose body may be still to come. */
  private request: IncomingMessage | null = null;
  private response: ServerResponse | null = null;
  private body: BodyWatch | null = null;
  private writingSince: number | null = null;
  private endedSince: number | null = null;
  private unusedSince: number | null = null;

  constructor(
    readonly socket: Socket,
    /** Whom it is counted for; null: a trusted proxy, for nobody. */
    readonly network: string | null,
  ) {}

  /** Whether no request has come on it yet. */
  isNew = true;

  serves(request: IncomingMessage, response: ServerResponse): void {
    this.isNew = false;
    this.request = request;
    this.response = response;
  }

  /** Whether a request has come, head at least, that is not answered yet. */
  get isAnswering(): boolean {
    return this.response !== null && !this.response.writableFinished && !this.response.destroyed;
  }

  judge(now: number, waits: WaitConfig, isUpload: (request: IncomingMessage) => boolean, isClosing: boolean): Verdict {
    if (this.socket.writableEnded) return this.isOver(now) ? 'close' : null;
    if (this.isTakenTooSlowly(now, waits) || (isClosing && this.isUnused(now))) return 'close';
    const { request } = this;
    if (request === null || request.complete || request.destroyed) {
      this.body = null;
      this.forget();
      return null;
    }
    if (this.body?.request !== request) this.body = new BodyWatch(request, this.socket, now);
    const wholeMs = isUpload(request) ? waits.uploadMs : waits.requestMs;
    return this.body.isTooSlow(now, isClosing ? Math.min(waits.idleMs, CLOSING_IDLE_MS) : waits.idleMs, wholeMs) ? 'tooSlow' : null;
  }

  /** What was answered is not kept for as long as the connection is. */
  private forget(): void {
    if (this.isAnswering) return;
    this.request = null;
    this.response = null;
  }

  /** We have said our last word, and the client keeps its side open. */
  private isOver(now: number): boolean {
    this.endedSince ??= now;
    return now - this.endedSince > READING_MS;
  }

  /** An answer that is taken by drips; one that is not taken at all ends with the socket's own time limit. */
  private isTakenTooSlowly(now: number, { uploadMs }: WaitConfig): boolean {
    this.writingSince = this.socket.writableLength > 0 ? (this.writingSince ?? now) : null;
    return this.writingSince !== null && now - this.writingSince > uploadMs;
  }

  /** No request on it, or none whose head has come. */
  private isUnused(now: number): boolean {
    this.unusedSince = this.request === null ? (this.unusedSince ?? now) : null;
    return this.unusedSince !== null && now - this.unusedSince > CLOSING_IDLE_MS;
  }
}

/** One body that is still to come: since when, and what it has brought lately. */
class BodyWatch {
  private readonly since: number;
  private lastBytes: number;
  private lastAt: number;
  private spanBytes: number;
  private spanSince: number;

  constructor(
    readonly request: IncomingMessage,
    private readonly socket: Socket,
    now: number,
  ) {
    this.since = this.lastAt = this.spanSince = now;
    this.lastBytes = this.spanBytes = socket.bytesRead;
  }

  /** Silent, or less than the least rate over a span as long as silence may be, or too long in all. */
  isTooSlow(now: number, idleMs: number, wholeMs: number): boolean {
    const bytes = this.socket.bytesRead;
    if (bytes !== this.lastBytes) {
      this.lastBytes = bytes;
      this.lastAt = now;
    }
    // What we do not take in ourselves is not the client's fault.
    if (this.request.readableFlowing !== true) this.lastAt = this.spanSince = now;
    if (now - this.lastAt >= idleMs || now - this.since >= wholeMs) return true;
    const spanMs = now - this.spanSince;
    if (spanMs < idleMs) return false;
    const isSlow = bytes - this.spanBytes < (LEAST_BYTES_PER_SECOND * spanMs) / 1_000;
    this.spanBytes = bytes;
    this.spanSince = now;
    return isSlow;
  }
}
