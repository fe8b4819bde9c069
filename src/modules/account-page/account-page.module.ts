import { Module } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { AccountPageController } from './account-page.controller.js';
import { PageFiles } from './page-files.js';
import { pageHead } from './page-head.js';

/** The account page: a client of the API like any other, whose built files (`web/`) are served from here. */
@Module({
  controllers: [AccountPageController],
  providers: [{ provide: PageFiles, useFactory: (config: AppConfig) => PageFiles.read(pageHead(config)), inject: [APP_CONFIG] }],
})
export class AccountPageModule {}
