import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FencedEntry } from '../../kernel/cache/index.js';
import { CacheGeneration } from './cache-generation.js';
import { CacheGenerationEntity } from './cache-generation.entity.js';
import { DefaultPictureEntity } from './default-picture.entity.js';
import { DefaultPicture } from './default-picture.js';
import { DirectoryService } from './directory.service.js';
import { EmailAddresses } from './email-addresses.js';
import { NameFolding } from './name-folding.js';
import { MyAccountShortWay } from './my-account.short-way.js';
import { MeController } from './me.controller.js';
import { NoUserSnapshotCache } from './no-user-snapshot-cache.js';
import { PasswordChanges } from './password-changes.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordProof } from './password-proof.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { StandInHashes } from './passwords/stand-in-hashes.js';
import { ProfileService } from './profile.service.js';
import { RedisUserSnapshotCache } from './redis-user-snapshot-cache.js';
import { UserAdminController } from './user-admin.controller.js';
import { UserArchive } from './user-archive.js';
import { UserAuditHandler } from './user-audit.handler.js';
import { UserAdminService } from './user-admin.service.js';
import { UserCreation } from './user-creation.js';
import { UserFence } from './user-fence.js';
import { UserImport } from './user-import.service.js';
import { UserOperators } from './user-operators.service.js';
import { UserReader } from './user-reader.js';
import { UserSnapshotCache } from './user-snapshot-cache.js';
import { UserWrites } from './user-writes.js';
import { UserEntity } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Accounts: the rows, the cached view of them, and everything under /v1/users that is not a picture. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, CacheGenerationEntity, DefaultPictureEntity])],
  controllers: [MeController, UsersController, UserAdminController],
  providers: [
    {
      provide: UserSnapshotCache,
      useFactory: (entry: FencedEntry | null): UserSnapshotCache => (entry === null ? new NoUserSnapshotCache() : new RedisUserSnapshotCache(entry)),
      inject: [FencedEntry],
    },
    CacheGeneration,
    UsersRepository,
    DefaultPicture,
    UserReader,
    UserWrites,
    UserFence,
    NameFolding,
    UserArchive,
    UserAuditHandler,
    UserCreation,
    { provide: PasswordHasher, useFactory: () => new PasswordHasher() },
    StandInHashes,
    PasswordPolicy,
    PasswordProof,
    ProfileService,
    UserAdminService,
    UserImport,
    UserOperators,
    DirectoryService,
    MyAccountShortWay,
    EmailAddresses,
    PasswordChanges,
    UsersService,
  ],
  exports: [DefaultPicture, EmailAddresses, PasswordChanges, UserArchive, UserImport, UserOperators, UsersService],
})
export class UsersModule {}
