import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/index.js';
import { AvatarsModule } from '../avatars/index.js';
import { UsersModule } from '../users/index.js';
import { DataExportController } from './data-export.controller.js';
import { DataExport } from './data-export.service.js';

/** What users may take away. */
@Module({ imports: [AuthModule, AvatarsModule, UsersModule], controllers: [DataExportController], providers: [DataExport] })
export class ExportModule {}
