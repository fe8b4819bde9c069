import { Injectable } from '@nestjs/common';
import type { Counter, Histogram } from 'prom-client';
import { AppError } from '../../kernel/errors/index.js';
import { Metrics, type Tally } from '../../kernel/metrics/index.js';
import type { DecoderEnd } from './decoding/decoder-process.js';
import type { PictureFormat } from './pipeline/picture-variant.js';

/** Seconds; the time limit of one picture is 10 by default. */
const DECODE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** By which kind of URL a picture was asked for. */
export type PictureRoute = 'stable' | 'immutable' | 'gravatar';
type AnswerStatus = 200 | 206 | 304;

/** A variant of an upload, a user's initials, or a drawing for an address that nobody may be found by. */
type VariantKind = 'uploaded' | 'generated' | 'drawn';

/** What is counted of pictures. Every label takes one of a few values that are written in the code. */
@Injectable()
export class AvatarMetrics {
  private readonly uploads: Counter<'result'>;
  private readonly decoding: Histogram<'type' | 'result'>;
  private readonly decodersEnded: Counter<'reason'>;
  private readonly bytes: Counter<'direction'>;
  private readonly variants: Counter<'kind' | 'format'>;
  private readonly answers: Counter<'route' | 'status'>;
  private readonly storageErrors: Counter<'operation'>;
  /** Showing is the hot path. */
  private readonly shown: Readonly<Record<PictureRoute, Readonly<Record<AnswerStatus, Tally>>>>;
  private readonly bytesOut: Tally;

  constructor(metrics: Metrics) {
    this.uploads = metrics.counter('avatar_uploads_total', 'Uploads of pictures, by result: stored, or the code of the problem.', ['result']);
    this.decoding = metrics.histogram('avatar_decode_seconds', 'Decoding and normalising an upload, without the wait for its turn, by type and result.', ['type', 'result'], DECODE_BUCKETS);
    this.decodersEnded = metrics.counter('avatar_decoders_ended_total', 'Decoder processes that ended over a picture, by reason: time, memory, clock, crash, or outside (somebody else ended it).', ['reason']);
    this.bytes = metrics.counter('avatar_bytes_total', 'Bytes of pictures that were uploaded (in) and answered with (out).', ['direction']);
    this.variants = metrics.counter('avatar_variants_made_total', 'Sizes and formats of pictures that were made, by kind and format.', ['kind', 'format']);
    this.answers = metrics.counter('avatar_answers_total', 'Pictures answered with, by kind of URL and status; the share of 304 says how well caches work.', ['route', 'status']);
    this.storageErrors = metrics.counter('avatar_storage_errors_total', 'Operations on the picture store that failed.', ['operation']);
    const answered = (route: PictureRoute, status: AnswerStatus): Tally => metrics.tally(this.answers, { route, status: String(status) });
    const shownBy = (route: PictureRoute): Record<AnswerStatus, Tally> => ({ 200: answered(route, 200), 206: answered(route, 206), 304: answered(route, 304) });
    this.shown = { stable: shownBy('stable'), immutable: shownBy('immutable'), gravatar: shownBy('gravatar') };
    this.bytesOut = metrics.tally(this.bytes, { direction: 'out' });
  }

  /** Stores an upload of so many bytes, and counts what came of it. */
  async counting<T>(byteCount: number, store: () => Promise<T>): Promise<T> {
    this.bytes.inc({ direction: 'in' }, byteCount);
    try {
      const stored = await store();
      this.uploads.inc({ result: 'stored' });
      return stored;
    } catch (error) {
      this.refused(error);
      throw error;
    }
  }

  /** Codes are written in the code, so there are few. */
  refused(error: unknown): void {
    this.uploads.inc({ result: error instanceof AppError ? error.code : 'service.internal' });
  }

  decoded(type: string, isGood: boolean, seconds: number): void {
    this.decoding.observe({ type, result: isGood ? 'decoded' : 'refused' }, seconds);
  }

  decoderEnded(reason: DecoderEnd): void {
    this.decodersEnded.inc({ reason });
  }

  made(kind: VariantKind, format: PictureFormat): void {
    this.variants.inc({ kind, format });
  }

  answered(route: PictureRoute, status: AnswerStatus, byteCount: number): void {
    this.shown[route][status].inc();
    this.bytesOut.inc(byteCount);
  }

  storageFailed(operation: string): void {
    this.storageErrors.inc({ operation });
  }
}
