import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Clock, IdGenerator } from '../clock/index.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { Metrics } from '../metrics/index.js';
import { FileMailer } from './file.mailer.js';
import { MailOutbox } from './mail-outbox.js';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp.mailer.js';

/** The one place where the mailer is chosen: SMTP where the configuration names a server, else files in the data folder. */
@Global()
@Module({
  providers: [
    {
      provide: Mailer,
      useFactory: ({ mail, dataDir }: AppConfig, ids: IdGenerator, clock: Clock): Mailer =>
        mail.smtpUrl === null ? new FileMailer(join(dataDir, 'mail'), mail.from, ids, clock) : new SmtpMailer(mail.smtpUrl, mail.from),
      inject: [APP_CONFIG, IdGenerator, Clock],
    },
    { provide: MailOutbox, useFactory: (mailer: Mailer, metrics: Metrics) => new MailOutbox(mailer, undefined, metrics), inject: [Mailer, Metrics] },
  ],
  exports: [MailOutbox],
})
export class MailModule {}
