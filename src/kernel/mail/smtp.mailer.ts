import { createTransport, type Transporter } from 'nodemailer';
import { messageOf } from './mail-message.js';
import { Mailer, MailNotSent, type OutgoingMail } from './mailer.js';

/** Of each step; the server's own answers included. */
const STEP_LIMIT_MS = 10_000;
/** Of the whole: a server that sends a byte now and then passes every limit of a step. */
const SEND_LIMIT_MS = 30_000;

export interface SmtpLimits {
  readonly stepMs: number;
  readonly sendMs: number;
}

/** Over SMTP (RFC 5321), one connection per message: an identity service sends few. TLS as the URL says (`smtps:`), or STARTTLS where the server offers it. */
export class SmtpMailer extends Mailer {
  private readonly transport: Transporter;

  /** @param url `smtp://` or `smtps://` with credentials; nodemailer's options may follow as its query, such as `?requireTLS=true`. */
  constructor(
    url: string,
    private readonly from: string,
    private readonly limits: SmtpLimits = { stepMs: STEP_LIMIT_MS, sendMs: SEND_LIMIT_MS },
  ) {
    super();
    const { stepMs } = limits;
    this.transport = createTransport({
      url,
      connectionTimeout: stepMs,
      greetingTimeout: stepMs,
      socketTimeout: stepMs,
      dnsTimeout: stepMs,
      logger: false,
    });
  }

  override async send(mail: OutgoingMail): Promise<void> {
    try {
      await this.transport.sendMail({ ...messageOf(mail, this.from), signal: AbortSignal.timeout(this.limits.sendMs) });
    } catch (error) {
      throw notSent(error);
    }
  }

  /** Connects and signs in, and sends nothing. Within a bounded time. Throws `MailNotSent`. */
  async verify(): Promise<void> {
    try {
      await this.inTime(this.transport.verify());
    } catch (error) {
      throw notSent(error);
    }
  }

  /** A look cannot be given a signal. */
  private async inTime(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('the server goes on and on'), { code: 'ETIMEDOUT' })), this.limits.sendMs);
    });
    await Promise.race([work, limit]).finally(() => clearTimeout(timer));
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}

/** Only codes are taken over. RFC 5321 §4.2.1: 5yz will be said again however often one asks, unless it is our password that is wrong. */
const notSent = (error: unknown): MailNotSent => {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const reply = typeof responseCode === 'number' ? responseCode : null;
  const reason = ['SMTP', ...(typeof code === 'string' ? [code] : []), ...(reply === null ? [] : [String(reply)])].join(' ');
  return new MailNotSent(reason, reply === null || reply < 500 || code === 'EAUTH');
};
