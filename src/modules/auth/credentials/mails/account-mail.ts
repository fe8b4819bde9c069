import type { OutgoingMail } from '../../../../kernel/mail/index.js';
import { CHINESE } from './chinese.js';
import { ENGLISH } from './english.js';
import { html, type Html } from './html.js';
import type { MailKind, MailLanguage, MailText } from './mail-kind.js';

export interface MailReader {
  readonly username: string;
  /** BCP 47; null: not known. */
  readonly locale: string | null;
}

/** What the mail lets its reader do, and for how long. */
export interface MailAction {
  readonly url: string;
  readonly token: string;
  readonly ttlSeconds: number;
}

type Link = MailAction & { readonly label: string };

const languageOf = (locale: string | null): MailLanguage => (/^zh(-|$)/i.test(locale ?? '') ? CHINESE : ENGLISH);

/** The message in the reader's language, as text and as HTML that say the same. */
export function accountMail(kind: MailKind, to: string, reader: MailReader, action: MailAction | null): OutgoingMail {
  const language = languageOf(reader.locale);
  const validFor = action === null ? '' : language.duration(action.ttlSeconds);
  const text = language.texts[kind]({ username: reader.username, validFor });
  const link = action && text.action !== undefined ? { ...action, label: text.action } : null;
  return { to, subject: text.subject, text: plain(language, text, link), html: page(language, text, link).source };
}

const plain = ({ tokenLabel, footer }: MailLanguage, { before, after }: MailText, link: Link | null): string =>
  [...before, ...(link ? [`${link.label}:\n${link.url}`] : []), ...after, ...(link ? [`${tokenLabel}\n${link.token}`] : []), `-- \n${footer}`].join('\n\n') + '\n';

const page = (language: MailLanguage, { subject, before, after }: MailText, link: Link | null): Html => html`<!doctype html>
<html lang="${language.tag}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${subject}</title></head>
<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;background:#ffffff">
<div style="max-width:560px;margin:0 auto">
${paragraphs(before)}
${link ? html`<p style="margin:24px 0"><a href="${link.url}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1f4fd8;color:#ffffff;text-decoration:none">${link.label}</a></p>` : ''}
${paragraphs(after)}
${link ? html`<p style="color:#555555">${language.tokenLabel}<br><code style="word-break:break-all">${link.token}</code></p>` : ''}
<p style="margin-top:32px;font-size:13px;color:#555555">${language.footer}</p>
</div>
</body>
</html>
`;

const paragraphs = (texts: readonly string[]): Html[] => texts.map((text) => html`<p>${text}</p>`);
