import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { framed, FrameReader, type Frame } from './frames.js';

/** The same file from `src` (under jest), from `dist` and from the bundle: what is compiled. */
const PROGRAM = fileURLToPath(new URL('../../../../dist/modules/avatars/decoding/decoder.process.js', import.meta.url));

/** A decoder needs little of V8. */
const FLAGS = ['--max-old-space-size=128', '--max-semi-space-size=1', '--disallow-code-generation-from-strings'];

/**
 * None of the service's own variables, which hold secrets. One arena, because glibc opens eight for each core and keeps what threads
 * freed in them; one thread; nothing on disk, which may be read-only.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '1', VIPS_CONCURRENCY: '1', VIPS_DISC_THRESHOLD: '1t' };

/** A process that has not started by then never will. Loading the decoders takes a fifth of a second. */
const START_LIMIT_MS = 30_000;

const KEPT_WORDS = 2_000;

/**
 * `time` (of the processor) and `memory`: it passed a limit; `clock`: it was not done by then, on a busy machine or because it hangs;
 * `crash`: it broke over a picture; `outside`: somebody else ended it, or it never ran.
 */
export type DecoderEnd = 'time' | 'memory' | 'clock' | 'crash' | 'outside';

/** The process ended before it answered. */
export class DecoderEndedError extends Error {
  override readonly name = 'DecoderEndedError';

  constructor(
    readonly end: DecoderEnd,
    words: string,
  ) {
    super(`the decoder ended (${end})${words && `: ${words}`}`);
  }
}

/** Signals of a program that breaks by itself. All others are sent. */
const CRASH_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);

interface Asked {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: DecoderEndedError) => void;
}

/** One process that decodes one picture at a time. It never keeps the service from ending, and ends with it. */
export class DecoderProcess {
  private readonly child: ChildProcess;
  /** None where no more files may be opened; its `error` follows then. */
  private readonly streams: readonly Socket[];
  private asked: Asked | null = null;
  private over: DecoderEndedError | null = null;
  private reason: DecoderEnd | null = null;
  /** Resolves with its first message, which says that it listens. */
  private readonly ready: Promise<Frame>;
  private isReady = false;
  private words = '';
  /** Resolves when it is gone. */
  readonly gone: Promise<DecoderEndedError>;

  constructor() {
    this.child = spawn(process.execPath, [...FLAGS, PROGRAM], { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] });
    this.gone = new Promise((resolve) => {
      const ended = (end: DecoderEnd): void => resolve(this.fail(new DecoderEndedError(end, this.words.trim())));
      this.child.on('error', (error) => (this.words += String(error), ended('outside')));
      this.child.once('close', (code, signal) => ended(this.endOf(code, signal)));
    });
    const { stdin, stdout, stderr } = this.child;
    const reader = new FrameReader((frame) => this.settle(frame));
    stdout?.on('data', (chunk: Buffer) => this.read(reader, chunk));
    stderr?.on('data', (chunk: Buffer) => (this.words = (this.words + chunk.toString('utf8')).slice(-KEPT_WORDS)));
    this.streams = [stdin, stdout, stderr].flatMap((stream) => (stream ? [stream as Socket] : []));
    for (const stream of this.streams) stream.on('error', () => this.kill()); // its end is told by `close`
    this.ready = this.nextFrame(START_LIMIT_MS, 'outside');
    this.ready.then(() => (this.isReady = true), () => undefined); // who asks is told
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isOver(): boolean {
    return this.over !== null || this.reason !== null;
  }

  /** Asks, and waits for the answer at most so long once it has started. Throws DecoderEndedError; the process is gone then, or will be. */
  async ask(head: unknown, body: Uint8Array | undefined, limitMs: number): Promise<Frame> {
    await this.ready;
    if (this.over) throw this.over;
    for (const part of framed(head, body)) this.child.stdin!.write(part);
    return this.nextFrame(limitMs, 'clock');
  }

  private async nextFrame(limitMs: number, late: DecoderEnd): Promise<Frame> {
    this.holdService(true);
    const timer = setTimeout(() => this.end(late), limitMs);
    try {
      return await new Promise<Frame>((resolve, reject) => (this.asked = { resolve, reject }));
    } finally {
      clearTimeout(timer);
      this.holdService(false);
    }
  }

  /** At once, and whatever it is doing. */
  end(reason: DecoderEnd = 'outside'): void {
    this.reason ??= reason;
    this.kill();
  }

  private kill(): void {
    // Of a process that could not be started, Node would kill the group of this one.
    if (this.child.pid !== undefined) this.child.kill('SIGKILL');
  }

  private read(reader: FrameReader, chunk: Buffer): void {
    try {
      reader.push(chunk);
    } catch {
      this.end('crash'); // what it writes is no message
    }
  }

  private settle(frame: Frame): void {
    this.asked?.resolve(frame);
    this.asked = null;
  }

  private fail(error: DecoderEndedError): DecoderEndedError {
    this.over ??= error;
    this.asked?.reject(error);
    this.asked = null;
    return this.over;
  }

  private endOf(code: number | null, signal: NodeJS.Signals | null): DecoderEnd {
    if (this.reason) return this.reason;
    if (signal) return CRASH_SIGNALS.has(signal) ? 'crash' : 'outside';
    return code !== 0 && this.isReady ? 'crash' : 'outside';
  }

  /** While nothing is asked, the service may end. */
  private holdService(isHeld: boolean): void {
    for (const each of [this.child, ...this.streams]) {
      if (isHeld) each.ref();
      else each.unref();
    }
  }
}
