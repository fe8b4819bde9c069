import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../../users/index.js';
import { TokenStoreModule } from '../tokens/index.js';
import { LegacyAdoption } from './legacy-adoption.service.js';
import { LegacyBearer } from './legacy-bearer.service.js';
import { LegacyTokenEntity } from './legacy-token.entity.js';
import { LegacyTokensRepository } from './legacy-tokens.repository.js';
import { ImportedUsers } from './imported-users.service.js';
import { OpenImImport } from './openim-import.service.js';

/** What came from an OpenIM server: its tokens, imported or taken as they come. */
@Module({
  imports: [UsersModule, TokenStoreModule, TypeOrmModule.forFeature([LegacyTokenEntity])],
  providers: [ImportedUsers, LegacyAdoption, LegacyBearer, LegacyTokensRepository, OpenImImport],
  exports: [LegacyBearer],
})
export class LegacyTokensModule {}
