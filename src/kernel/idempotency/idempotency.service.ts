import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError, type FieldFault } from '../errors/index.js';
import { Limits } from '../limits/index.js';
import { inFlight, keyReused } from './idempotency.errors.js';
import { IdempotencyMarkers } from './idempotency-markers.repository.js';
import type { IdempotentCall } from './idempotent-call.js';
import { SealedAnswers, type CallMarks } from './sealed-answers.js';

/** For how long an answer is given again. */
export const KEPT_SECONDS = { withSecret: 600, plain: 86_400 } as const;

/** One try at making what a call asks for. */
export interface Attempt {
  /** What an earlier try has made, which died before it could answer: answer for that, and make nothing. */
  readonly made: string | null;
  /** In the transaction that makes it: what was made, and whom the answer is about. Throws 409 when another try has taken over. */
  record(manager: EntityManager, made: { readonly subjectId: string; readonly userId: string | null }): Promise<void>;
}

type KeptRefusal = Pick<AppError, 'code' | 'status' | 'detail' | 'headers'> & { readonly errors?: readonly FieldFault[] };
type Kept<T> = { readonly answer: T } | { readonly refusal: KeptRefusal };

interface Held {
  readonly marks: CallMarks;
  readonly claim: string;
  readonly ttlSeconds: number;
}

/** For a call without a key. */
const UNREPEATED: Attempt = { made: null, record: () => Promise.resolve() };

/** Who is not who they were, was too slow, or came too often may be answered otherwise the next time. */
const PASSING = new Set([401, 408, 429]);

/** Answers a request that is sent again as it was answered before (draft-ietf-httpapi-idempotency-key-header; docs/decisions/0010). */
@Injectable()
export class Idempotency {
  private readonly logger = new Logger('Idempotency');

  constructor(
    private readonly markers: IdempotencyMarkers,
    private readonly answers: SealedAnswers,
    private readonly limits: Limits,
  ) {}

  /** Throws 409 while another is at it, 422 for another body; else what `make` answers or throws, now or then. */
  async run<T extends object>(call: IdempotentCall, kept: keyof typeof KEPT_SECONDS, make: (attempt: Attempt) => Promise<T>): Promise<T> {
    if (call.key === null) return make(UNREPEATED);
    const held: Held = { marks: this.answers.marksOf(call), claim: randomUUID(), ttlSeconds: KEPT_SECONDS[kept] };
    const claimed = await this.markers.claim({ ...held.marks, claim: held.claim, ttlSeconds: held.ttlSeconds });
    if (!claimed) return this.replay<T>(call, held.marks);
    return this.attempt({ ...held, keeper: call.keeper }, claimed.subjectId, make);
  }

  private async replay<T>(call: IdempotentCall, marks: CallMarks): Promise<T> {
    const state = await this.markers.state(marks.marker);
    if (state && !state.bodyMac.equals(marks.bodyMac)) throw keyReused();
    if (!state?.sealedAnswer) throw inFlight();
    const kept = this.answers.open(marks, state.sealedAnswer) as Kept<T>;
    call.markReplayed();
    if ('answer' in kept) return kept.answer;
    const { code, status, detail, errors, headers } = kept.refusal;
    throw new AppError(code, status, detail, { errors, headers });
  }

  private async attempt<T>(held: Held & { readonly keeper: string }, made: string | null, make: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { marker } = held.marks;
    try {
      const answer = await make({
        made,
        record: async (manager, subject) => {
          if (!(await this.markers.record(manager, marker, held.claim, subject))) throw inFlight();
        },
      });
      await this.keep(held, { answer });
      return answer;
    } catch (error) {
      if (isFinal(error) && (await this.mayKeepRefusalOf(held.keeper))) await this.keep(held, { refusal: refusalOf(error) });
      else await this.tried(() => this.markers.release(marker, held.claim));
      throw error;
    }
  }

  /** A refusal is cheap to ask for. Who asks for many of them is refused anew when the same request comes again, and leaves no row. */
  private mayKeepRefusalOf(keeper: string): Promise<boolean> {
    return this.limits.allows('kept-refusal', keeper).catch(() => false);
  }

  private keep<T>({ marks, claim, ttlSeconds }: Held, kept: Kept<T>): Promise<void> {
    return this.tried(() => this.markers.answer(marks.marker, claim, this.answers.seal(marks, kept), ttlSeconds));
  }

  /** What was made is made, and its answer is true: that it cannot be kept is for the next try to find out. */
  private async tried(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.logger.warn(`An answer could not be kept: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
  }
}

const isFinal = (error: unknown): error is AppError =>
  error instanceof AppError && error.status < 500 && !PASSING.has(error.status) && error.code !== 'idempotency.in_flight';

const refusalOf = ({ code, status, detail, errors, headers }: AppError): KeptRefusal => ({ code, status, detail, headers, ...(errors && { errors }) });
