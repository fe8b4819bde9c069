import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JwksController } from './jwks.controller.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { SigningKeyLedger } from './signing-key-ledger.service.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SigningKeyRotation } from './signing-key-rotation.service.js';
import { SigningKeysReadiness } from './signing-keys.readiness.js';
import { SigningKeys } from './signing-keys.service.js';

/** The keys that sign access tokens: kept, published, rotated, withdrawn. */
@Module({
  imports: [TypeOrmModule.forFeature([SigningKeyEntity])],
  controllers: [JwksController],
  providers: [SigningKeyLedger, SigningKeyRepository, SigningKeyRotation, SigningKeys, SigningKeysReadiness],
  exports: [SigningKeyLedger, SigningKeyRotation, SigningKeys],
})
export class SigningKeysModule {}
