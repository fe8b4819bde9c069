import { AccountMails } from './account-mails.service.js';
import { CredentialsHandler } from './credentials.handler.js';
import { EmailController } from './email.controller.js';
import { EmailVerification } from './email-verification.service.js';
import { ExpiredOneTimeTokensPruner } from './expired-one-time-tokens.pruner.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';
import { PasswordController } from './password.controller.js';
import { PasswordsService } from './passwords.service.js';

/** What this folder adds to the auth module. */
export const CREDENTIALS_CONTROLLERS = [PasswordController, EmailController];
export const CREDENTIALS_PROVIDERS = [
  AccountMails,
  CredentialsHandler,
  EmailVerification,
  ExpiredOneTimeTokensPruner,
  OneTimeTokens,
  PasswordsService,
];
