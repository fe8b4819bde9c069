import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport, type Transporter, type StreamSentMessageInfo } from 'nodemailer';
import type { Clock, IdGenerator } from '../clock/index.js';
import { messageOf } from './mail-message.js';
import { Mailer, MailNotSent, type OutgoingMail } from './mailer.js';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** What is kept. Anybody can have mail sent, so that the folder must have a bound; links in mails end within days. */
const MAX_FILES = 1_000;
const MAX_AGE_MS = 7 * 86_400_000;
/** What this mailer writes: a UUIDv7, which begins with the time in milliseconds, and of a write that was cut off, `.part` behind it. */
const OWN_FILE = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.eml(\.part)?$/;

/** Where there is no mail server: each message becomes a file that mail programs open, for the operator's eyes alone. */
export class FileMailer extends Mailer {
  private readonly logger = new Logger('Mail');
  private readonly composer: Transporter<StreamSentMessageInfo>;

  /** @param folder made when missing; nobody else may look into it. */
  constructor(
    private readonly folder: string,
    private readonly from: string,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {
    super();
    this.composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    this.composer.on('error', () => undefined); // told by `sendMail` too
  }

  override async send(mail: OutgoingMail): Promise<void> {
    // UUIDv7: the names sort by time.
    const file = join(this.folder, `${this.ids.next()}.eml`);
    try {
      const { message } = await this.composer.sendMail(messageOf(mail, this.from));
      await mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
      await chmod(this.folder, FOLDER_MODE);
      await writeWhole(file, message as Buffer);
    } catch (error) {
      throw new MailNotSent(`file ${(error as NodeJS.ErrnoException).code ?? 'fault'}`, true);
    }
    this.logger.log(`Mail written to ${file}`);
    await this.prune().catch((error: unknown) => this.logger.warn(`Old mails in ${this.folder} were not removed: ${String(error)}`));
  }

  /** The newest are kept. Files of other names are not touched. */
  private async prune(): Promise<void> {
    const oldest = this.clock.now().getTime() - MAX_AGE_MS;
    const own = (await readdir(this.folder)).filter((name) => OWN_FILE.test(name)).sort().reverse();
    for (const name of own.filter((each, index) => index >= MAX_FILES || writtenAt(each) < oldest)) await rm(join(this.folder, name), { force: true });
  }
}

function writtenAt(name: string): number {
  const [, high = '', low = ''] = OWN_FILE.exec(name) ?? [];
  return Number.parseInt(high + low, 16);
}

/** Under its name only when it is whole. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  const temporary = `${file}.part`;
  try {
    const handle = await open(temporary, 'wx', FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}
