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
    // Whoever sends is told; an error of the transport that nobody hears would end the process.
    this.transport.on('error', () => undefined);
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

/** Codes of Node.js and OpenSSL for a certificate that is not believed, in words (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it signed itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
};

/** What STARTTLS leaves of such a code: OpenSSL's own sentence. */
const SAID: readonly [RegExp, string][] = [
  [/self-signed certificate in certificate chain/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self-signed certificate/, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/unable to (?:get local issuer|verify the first) certificate/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/certificate has expired/, 'CERT_HAS_EXPIRED'],
  [/altnames|does not match/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
];

interface SmtpFault {
  readonly code?: unknown;
  /** What the code was before nodemailer put one of its own in its place. */
  readonly originalCode?: unknown;
  readonly responseCode?: unknown;
  readonly message?: unknown;
}

/** Why nothing was said over SMTP at all: ECONNREFUSED, or what is wrong with the certificate. */
const causeOf = ({ code, originalCode, message }: SmtpFault): string[] => {
  const isTls = code === 'ETLS' || code === 'ESOCKET';
  const cause = typeof originalCode === 'string' ? originalCode : isTls ? SAID.find(([sentence]) => sentence.test(String(message)))?.[1] : undefined;
  if (cause === undefined) return [];
  const words = CERTIFICATE_FAULTS[cause];
  return words === undefined ? [cause] : [`${cause}: the certificate of the server is refused, ${words}`];
};

/** Only codes are taken over, and what they mean. RFC 5321 §4.2.1: 5yz will be said again however often one asks, unless it is our password that is wrong. */
const notSent = (error: unknown): MailNotSent => {
  const fault = error as SmtpFault;
  const { code, responseCode } = fault;
  const reply = typeof responseCode === 'number' ? responseCode : null;
  const reason = ['SMTP', ...(typeof code === 'string' ? [code] : []), ...(reply === null ? causeOf(fault) : [String(reply)])].join(' ');
  return new MailNotSent(reason, reply === null || reply < 500 || code === 'EAUTH');
};
