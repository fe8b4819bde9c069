import { Injectable } from '@nestjs/common';
import { HourlyPruner } from '../database/index.js';
import { IdempotencyMarkers } from './idempotency-markers.repository.js';

@Injectable()
export class ExpiredIdempotencyKeysPruner extends HourlyPruner {
  constructor(private readonly markers: IdempotencyMarkers) {
    super();
  }

  protected override prune(limit: number): Promise<number> {
    return this.markers.prune(limit);
  }
}
