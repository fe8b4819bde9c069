import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../kit/eventually.js';
import { registerUser, type ApiClient, type RegisteredUser } from '../kit/api.js';
import type { BundledService } from '../kit/service.js';
import { readMail, type ReadMail } from '../mail/read-mail.js';

/** Longer than any mail is held back. */
const QUIET_MS = 600;

/** The mails that a service without SMTP has written. */
export class Mailbox {
  private readonly folder: string;

  constructor(service: BundledService) {
    this.folder = join(service.dataDir, 'mail');
  }

  /** The `count`th mail to this address, in the order of sending; waits for it. */
  async mailTo(address: string, count = 1): Promise<ReadMail> {
    return (await eventually(`mail number ${count} has come to ${address}`, async () => (await this.mailsTo(address))[count - 1], { everyMs: 20 }))!;
  }

  async tokenTo(address: string, count = 1): Promise<string> {
    return tokenIn(await this.mailTo(address, count));
  }

  /** All that came to this address, when nothing more is to be expected. */
  async allTo(address: string): Promise<ReadMail[]> {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    return this.mailsTo(address);
  }

  private async mailsTo(address: string): Promise<ReadMail[]> {
    const names = await readdir(this.folder).catch(() => []);
    const mails = await Promise.all(
      names
        .filter((name) => name.endsWith('.eml'))
        .sort()
        .map(async (name) => readMail(await readFile(join(this.folder, name), 'latin1'))),
    );
    return mails.filter(({ to }) => to === address);
  }
}

export const tokenIn = ({ text }: ReadMail): string => {
  const token = /#token=(\S+)/.exec(text)?.[1];
  if (token === undefined) throw new Error('no link with a token in the mail');
  return token;
};

/** A new account whose address is verified; its mailbox holds one mail. */
export async function verifiedUser(api: ApiClient, mailbox: Mailbox, changes: Readonly<Record<string, unknown>> = {}): Promise<RegisteredUser> {
  const user = await registerUser(api, changes);
  const { status } = await api.post('/v1/auth/email/verify', { token: await mailbox.tokenTo(user.email) });
  if (status !== 204) throw new Error(`verify answered ${status}`);
  return user;
}

export const NEW_PASSWORD = 'seven quiet lighthouses';
