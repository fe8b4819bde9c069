import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../../users/index.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.service.js';
import { ApiKeyCodec } from './api-key.codec.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyOwnersHandler } from './api-key-owners.handler.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeySecretEntity } from './api-key-secret.entity.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeys } from './api-keys.service.js';
import { KeyOwners } from './key-owners.service.js';
import { TokenStoreModule } from '../tokens/index.js';

/** API keys: their rows, their management, and the check of a presented one. */
@Module({
  imports: [UsersModule, TokenStoreModule, TypeOrmModule.forFeature([ApiKeyEntity, ApiKeySecretEntity])],
  controllers: [ApiKeysController],
  providers: [ApiKeyAuthenticator, ApiKeyCodec, ApiKeyOwnersHandler, ApiKeyRepository, ApiKeys, KeyOwners],
  exports: [ApiKeyAuthenticator, ApiKeyCodec, ApiKeys],
})
export class ApiKeysModule {}
