import { MemoryBudget } from './memory-budget.js';
import { DecoderEndedError, DecoderProcess } from './decoder-process.js';
import type { Decoded, DecodePlan, DecoderRefusal, DecoderRequest, Inspected } from './decoder-messages.js';
import { FIXED_BYTES } from './decoding-cost.js';
import type { Frame } from './frames.js';

export interface DecoderLimits {
  /** Processor time for one picture. */
  readonly timeoutMs: number;
  /** For all pictures together; one that needs more is decoded alone. */
  readonly memoryBytes: number;
}

/** A single picture may need so many times the budget of all. */
const CEILING_FACTOR = 2;

/** To read a header takes milliseconds, unless that is where the bomb is: 60 kB of Exif directories that name each other take minutes. */
const HEADER_SHARE = 0.25;

/** By the clock, a picture may take so many times its processor time: a machine may be busy, and a decoder stuck. */
const CLOCK_FACTOR = 3;

/** A process that nobody needs goes. To start one takes a fifth of a second. */
const IDLE_MS = 60_000;

/** What a process may keep of a large picture before it is replaced. */
const KEPT_BYTES = 192 * 1_048_576;

/** A decoder for one picture: first `inspect`, then `decode`. Both throw DecoderEndedError. */
export interface DecoderSession {
  inspect(upload: Buffer, maxPixels: number): Promise<Inspected>;
  /** `needsBytes`: the process is ended when it takes more. */
  decode(plan: DecodePlan, needsBytes: number): Promise<{ readonly answer: Decoded; readonly body: Buffer }>;
}

interface Idle {
  readonly decoder: DecoderProcess;
  readonly timer: NodeJS.Timeout;
}

/**
 * Processes that decode what strangers send. A file can keep a decoder busy for minutes, have it take gigabytes, or break it: a process can be
 * ended, a thread of ours could not (docs/decisions/0026). As many are started as pictures are decoded at once, when they are needed.
 */
export class DecoderPool {
  private readonly idle: Idle[] = [];
  private readonly all = new Set<DecoderProcess>();
  /** Ended by us while idle. */
  private readonly retired = new WeakSet<DecoderProcess>();
  private readonly budget: MemoryBudget;
  private isClosed = false;

  constructor(
    private readonly limits: DecoderLimits,
    private readonly onEnd: (error: DecoderEndedError) => void = () => undefined,
  ) {
    this.budget = new MemoryBudget(limits.memoryBytes);
  }

  /** What a single picture may need at most. */
  get ceilingBytes(): number {
    return this.limits.memoryBytes * CEILING_FACTOR;
  }

  /** The numbers of the living processes. */
  get pids(): number[] {
    return [...this.all].flatMap(({ pid }) => pid ?? []);
  }

  async use<T>(work: (session: DecoderSession) => Promise<T>): Promise<T> {
    const decoder = this.take();
    const session = new TimedSession(decoder, this.budget, this.limits.timeoutMs);
    try {
      return await work(session);
    } finally {
      this.giveBack(decoder, session.residentBytes);
    }
  }

  /** Ends all processes; who waits for one is told that it ended from outside. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { timer } of this.idle.splice(0)) clearTimeout(timer);
    const leaving = [...this.all];
    for (const decoder of leaving) decoder.end();
    await Promise.all(leaving.map(({ gone }) => gone));
  }

  private take(): DecoderProcess {
    if (this.isClosed) throw new DecoderEndedError('outside', 'the service is stopping');
    for (let idle = this.idle.pop(); idle; idle = this.idle.pop()) {
      clearTimeout(idle.timer);
      if (!idle.decoder.isOver) return idle.decoder;
    }
    return this.start();
  }

  private start(): DecoderProcess {
    const decoder = new DecoderProcess();
    this.all.add(decoder);
    void decoder.gone.then((error) => {
      this.all.delete(decoder);
      if (!this.isClosed && !this.retired.has(decoder)) this.onEnd(error);
    });
    return decoder;
  }

  private giveBack(decoder: DecoderProcess, residentBytes: number): void {
    if (decoder.isOver || this.isClosed) return;
    if (residentBytes > KEPT_BYTES) return this.retire(decoder);
    this.idle.push({ decoder, timer: setTimeout(() => this.retire(decoder), IDLE_MS).unref() });
  }

  private retire(decoder: DecoderProcess): void {
    this.retired.add(decoder);
    decoder.end();
  }
}

class TimedSession implements DecoderSession {
  residentBytes = 0;

  constructor(
    private readonly decoder: DecoderProcess,
    private readonly budget: MemoryBudget,
    private readonly timeoutMs: number,
  ) {}

  async inspect(upload: Buffer, maxPixels: number): Promise<Inspected> {
    const allowance = { memoryBytes: FIXED_BYTES + upload.length, processorMs: this.timeoutMs * HEADER_SHARE };
    return (await this.ask({ ask: 'inspect', maxPixels, allowance }, upload)).head as Inspected;
  }

  decode(plan: DecodePlan, needsBytes: number): Promise<{ readonly answer: Decoded; readonly body: Buffer }> {
    return this.budget.run(needsBytes, async () => {
      const { head, body } = await this.ask({ ask: 'decode', plan, allowance: { memoryBytes: needsBytes, processorMs: this.timeoutMs * (1 - HEADER_SHARE) } });
      const answer = head as Decoded;
      if ('residentBytes' in answer) this.residentBytes = answer.residentBytes;
      return { answer, body };
    });
  }

  private async ask(request: DecoderRequest, body?: Buffer): Promise<Frame> {
    const frame = await this.decoder.ask(request, body, request.allowance.processorMs * CLOCK_FACTOR);
    const { refused } = frame.head as Partial<DecoderRefusal>;
    if (refused === 'memory' || refused === 'time') this.decoder.end(refused); // it is ending itself
    return frame;
  }
}
