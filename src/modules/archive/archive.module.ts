import { Module } from '@nestjs/common';
import { AvatarsModule } from '../avatars/index.js';
import { UsersModule } from '../users/index.js';
import { InstanceExport } from './instance-export.service.js';
import { InstanceImport } from './instance-import.service.js';

/** A whole instance in one file, and back; for the command line. */
@Module({ imports: [AvatarsModule, UsersModule], providers: [InstanceExport, InstanceImport] })
export class ArchiveModule {}
