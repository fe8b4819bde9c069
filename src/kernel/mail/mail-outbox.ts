import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { Metrics } from '../metrics/index.js';
import { Mailer, MailNotSent, type OutgoingMail } from './mailer.js';

/** Writes the message out, or decides that there is none to send. May take its time, and may fail: it is tried again. */
export type ComposeMail = () => Promise<OutgoingMail | null>;

export interface OutboxLimits {
  /** Messages that are being sent, wait for it, or wait to be tried again; what comes beyond is dropped. */
  readonly maxHeld: number;
  readonly atOnce: number;
  /** The waits before the second, third, … attempt. */
  readonly retryDelaysMs: readonly number[];
  /** How long a closing service goes on sending. */
  readonly closingMs: number;
}

const LIMITS: OutboxLimits = { maxHeld: 1_000, atOnce: 4, retryDelaysMs: [2_000, 15_000, 60_000, 300_000], closingMs: 5_000 };

interface Job {
  readonly what: string;
  readonly compose: ComposeMail;
  mail: OutgoingMail | null;
  attempts: number;
}

/**
 * Mail in the background: nobody's answer waits for a mail server, or tells by its time whether there was anything to send.
 * Best effort and in memory: what a crash loses, its addressee asks for again.
 */
@Injectable()
export class MailOutbox implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly ready: Job[] = [];
  private readonly delayed = new Map<Job, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private readonly attempts: Counter<'result'> | undefined;
  private dropped = 0;
  private isClosing = false;

  constructor(
    private readonly mailer: Mailer,
    private readonly limits: OutboxLimits = LIMITS,
    metrics?: Metrics,
  ) {
    this.attempts = metrics?.counter('mail_attempts_total', 'Mails, by what became of an attempt: sent, retried (tried again later), failed (given up), dropped (too many waited).', ['result']);
  }

  /** Returns at once, never throws. `what` stands in the log; `delayMs` is waited before the message is even composed. */
  post(what: string, compose: ComposeMail, delayMs = 0): void {
    if (this.held >= this.limits.maxHeld) {
      this.attempts?.inc({ result: 'dropped' });
      // One line per burst, not one per message.
      if (this.dropped++ === 0) this.logger.warn('Too much mail waits to be sent; newer mail is dropped.');
      return;
    }
    this.dropped = 0;
    this.schedule({ what, compose, mail: null, attempts: 0 }, delayMs);
  }

  /** Before the stores close: what waits is sent now, and what had failed is tried once more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    await this.drain();
  }

  /** For what the last requests have posted. */
  async onApplicationShutdown(): Promise<void> {
    await this.drain();
    if (this.held > 0) this.logger.warn(`${this.held} mails were not sent before the end.`);
  }

  private get held(): number {
    return this.ready.length + this.delayed.size + this.running.size;
  }

  private schedule(job: Job, delayMs: number): void {
    const enter = (): void => {
      this.delayed.delete(job);
      this.ready.push(job);
      this.pump();
    };
    // Never in the caller's own turn: it is answered first.
    this.delayed.set(job, setTimeout(enter, this.isClosing ? 0 : delayMs).unref());
  }

  private pump(): void {
    while (this.running.size < this.limits.atOnce) {
      const job = this.ready.shift();
      if (!job) return;
      const run = this.attempt(job).finally(() => {
        this.running.delete(run);
        this.pump();
      });
      this.running.add(run);
    }
  }

  private async attempt(job: Job): Promise<void> {
    try {
      // Composed once: to compose anew would make a new token, and the first message may have arrived after all.
      if (job.mail === null) job.mail = await job.compose();
      if (!job.mail) return;
      await this.mailer.send(job.mail);
      this.attempts?.inc({ result: 'sent' });
    } catch (error) {
      this.failed(job, error);
    }
  }

  private failed(job: Job, error: unknown): void {
    const delayMs = this.isClosing ? undefined : this.limits.retryDelaysMs[job.attempts];
    job.attempts += 1;
    const isOver = delayMs === undefined || (error instanceof MailNotSent && !error.isTemporary);
    this.attempts?.inc({ result: isOver ? 'failed' : 'retried' });
    this.logger.warn(`${job.what}: ${reasonOf(error)}; ${isOver ? 'given up' : 'to be tried again'}`);
    if (!isOver) this.schedule(job, delayMs);
  }

  private async drain(): Promise<void> {
    const waiting = [...this.delayed];
    this.delayed.clear();
    for (const [job, timer] of waiting) {
      clearTimeout(timer);
      this.ready.push(job);
    }
    this.pump();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.limits.closingMs)));
    await Promise.race([this.idle(), limit]);
    clearTimeout(timer);
  }

  private async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }
}

/** Messages of other errors may quote what was being written: their name and code must do. */
const reasonOf = (error: unknown): string => {
  if (error instanceof MailNotSent) return error.reason;
  const { name = 'fault', code } = (error ?? {}) as { name?: string; code?: unknown };
  return typeof code === 'string' ? `${name} ${code}` : name;
};
