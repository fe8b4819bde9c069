export { MailModule } from './mail.module.js';
export { MailOutbox } from './mail-outbox.js';
export type { OutgoingMail } from './mailer.js';
export { SmtpMailer } from './smtp.mailer.js';
