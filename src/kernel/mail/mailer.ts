/** One message to one person, written out. */
export interface OutgoingMail {
  /** An address alone, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * A message was not handed over. Says neither to whom nor what was in it: servers repeat addresses in their answers, so
 * `reason` is a code alone.
 */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent';

  constructor(
    readonly reason: string,
    /** Whether the same message may fare better later. */
    readonly isTemporary: boolean,
  ) {
    super(`The mail was not sent: ${reason}`);
  }
}

/** Hands messages over to whatever carries them: once `send` resolves, the message is there for good. Adapters: SMTP, and files. */
export abstract class Mailer {
  /** Within a bounded time. Throws `MailNotSent`. */
  abstract send(mail: OutgoingMail): Promise<void>;
}
