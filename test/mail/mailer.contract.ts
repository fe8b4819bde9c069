import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mailer, OutgoingMail } from '../../src/kernel/mail/mailer.js';
import type { ReadMail } from './read-mail.js';

export interface MailerUnderTest {
  readonly mailer: Mailer;
  /** What has been handed over so far. */
  arrived(): Promise<readonly ReadMail[]>;
  /** From now on nothing can be handed over. */
  breakDown(): Promise<void>;
  close(): Promise<void>;
}

export const MAIL: OutgoingMail = {
  to: 'ada@example.test',
  subject: 'Choose a new password',
  text: `Hello,\n\nhttp://likeness.test/reset-password#token=lp_${'x'.repeat(60)}\n`,
  html: `<p>Hello</p><a href="http://likeness.test/reset-password#token=lp_${'x'.repeat(60)}">go</a>`,
};

/** What every mailer must do, whatever carries its mails. */
export function describeMailer(name: string, make: (from: string) => Promise<MailerUnderTest>): void {
  describe(`the ${name} mailer`, () => {
    let under: MailerUnderTest;

    beforeEach(async () => {
      under = await make('Likeness <no-reply@example.test>');
    });
    afterEach(() => under.close());

    const sent = async (mail: OutgoingMail): Promise<ReadMail> => {
      await under.mailer.send(mail);
      return (await under.arrived()).at(-1)!;
    };

    it('hands over text and HTML, long links included', async () => {
      const mail = await sent(MAIL);
      expect(mail.text).toBe(MAIL.text.trimEnd());
      expect(mail.html).toBe(MAIL.html);
      expect([mail.from, mail.to, mail.subject]).toEqual(['Likeness <no-reply@example.test>', MAIL.to, MAIL.subject]);
    });

    it('keeps every script as it is', async () => {
      const mail = await sent({ ...MAIL, subject: '请确认您的邮箱地址 – 🦊', text: '您好：عليكم السلام', html: '<p>नमस्ते é</p>' });
      expect([mail.subject, mail.text, mail.html]).toEqual(['请确认您的邮箱地址 – 🦊', '您好：عليكم السلام', '<p>नमस्ते é</p>']);
    });

    it('says that a machine wrote it, so that no machine answers', async () => {
      expect((await sent(MAIL)).headers.get('auto-submitted')).toBe('auto-generated');
    });

    it('lets no subject add a header', async () => {
      const mail = await sent({ ...MAIL, subject: 'a\r\nBcc: eve@example.test' });
      expect(mail.headers.has('bcc')).toBe(false);
    });

    it('keeps many at once apart', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => under.mailer.send({ ...MAIL, subject: `mail ${n}` })));
      const subjects = (await under.arrived()).map(({ subject }) => subject);
      expect(subjects.sort()).toEqual(Array.from({ length: 20 }, (_, n) => `mail ${n}`).sort());
    });

    it('fails with a code, and names neither the reader nor what was to be read', async () => {
      await under.breakDown();
      const error = await under.mailer.send(MAIL).catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ name: 'MailNotSent', isTemporary: true });
      const told = String((error as Error).stack) + JSON.stringify(error);
      // Whole values: a stack names folders of whoever runs this.
      for (const secret of [MAIL.to, MAIL.subject, 'lp_x']) expect(told).not.toContain(secret);
    });
  });
}
