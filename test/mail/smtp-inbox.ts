import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { readMail, type ReadMail } from './read-mail.js';

export interface ReceivedMail extends ReadMail {
  /** Whom the envelope names. */
  readonly recipients: readonly string[];
  readonly raw: string;
}

/** An SMTP server in this process, on a port of its own. */
export class SmtpInbox {
  readonly received: ReceivedMail[] = [];

  private constructor(private readonly server: SMTPServer) {}

  static async open(options: SMTPServerOptions = {}): Promise<SmtpInbox> {
    const server: SMTPServer = new SMTPServer({
      disabledCommands: ['STARTTLS', ...(options.onAuth ? [] : ['AUTH'])],
      allowInsecureAuth: true,
      logger: false,
      closeTimeout: 100,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString('latin1');
          inbox.received.push({ ...readMail(raw), raw, recipients: session.envelope.rcptTo.map(({ address }) => address) });
          done();
        });
      },
      ...options,
    });
    const inbox = new SmtpInbox(server);
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
    return inbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
