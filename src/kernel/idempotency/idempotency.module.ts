import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExpiredIdempotencyKeysPruner } from './expired-idempotency-keys.pruner.js';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import { IdempotencyMarkers } from './idempotency-markers.repository.js';
import { Idempotency } from './idempotency.service.js';
import { SealedAnswers } from './sealed-answers.js';

/** `Idempotency-Key`: a request that is sent again is answered again, and makes nothing twice. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([IdempotencyKeyEntity])],
  providers: [ExpiredIdempotencyKeysPruner, Idempotency, IdempotencyMarkers, SealedAnswers],
  exports: [Idempotency],
})
export class IdempotencyModule {}
