/** Every mail about an account. */
export const MAIL_KINDS = ['verify_email', 'confirm_new_email', 'reset_password', 'password_changed', 'email_change_requested', 'email_changed'] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/**
 * What the texts may say. Of the user's own making is the username alone, which may look like a host: it stands in mails to proved addresses only
 * (`reset_password`, `password_changed`), or people would be sent the advertisements of strangers.
 */
export interface MailFacts {
  readonly username: string;
  /** How long the token can be used, in words. */
  readonly validFor: string;
}

/** One mail in one language, paragraph by paragraph; `action` names the link. */
export interface MailText {
  readonly subject: string;
  readonly before: readonly string[];
  readonly action?: string;
  readonly after: readonly string[];
}

export interface MailLanguage {
  /** BCP 47, for the HTML's `lang`. */
  readonly tag: string;
  readonly texts: Readonly<Record<MailKind, (facts: MailFacts) => MailText>>;
  /** Between the link and the token itself. */
  readonly tokenLabel: string;
  readonly footer: string;
  readonly duration: (seconds: number) => string;
}
