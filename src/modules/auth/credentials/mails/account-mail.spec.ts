import { describe, expect, it } from '@jest/globals';
import { accountMail, type MailAction } from './account-mail.js';
import { MAIL_KINDS } from './mail-kind.js';

const ACTION: MailAction = { url: 'https://id.example.test/reset-password#token=lp_x', token: 'lp_x', ttlSeconds: 7_200 };
const mailTo = (username: string, locale: string | null = null, action: MailAction | null = ACTION) => accountMail('reset_password', 'ada@example.test', { username, locale }, action);

describe('mails about accounts', () => {
  it.each(MAIL_KINDS.flatMap((kind) => ['en', 'zh'].map((locale) => [kind, locale] as const)))('say %s in %s, in text and HTML alike', (kind, locale) => {
    const { subject, text, html } = accountMail(kind, 'ada@example.test', { username: 'ada', locale }, ACTION);
    expect(subject).not.toBe('');
    const hasLink = ['verify_email', 'confirm_new_email', 'reset_password'].includes(kind);
    for (const said of [ACTION.url, ACTION.token]) expect([text.includes(said), html.includes(said)]).toEqual([hasLink, hasLink]);
    expect(text + html).not.toMatch(/undefined|null|\[object/);
  });

  it.each(MAIL_KINDS.flatMap((kind) => ['en', 'zh'].map((locale) => [kind, locale] as const)))('say a name in %s only if the address is proved (%s)', (kind, locale) => {
    const { subject, text, html } = accountMail(kind, 'ada@example.test', { username: 'www.pills.example', locale }, ACTION);
    const isProved = ['reset_password', 'password_changed'].includes(kind);
    expect([subject.includes('pills'), text.includes('pills'), html.includes('pills')]).toEqual([false, isProved, isProved]);
  });

  it('have no link where there is nothing to do', () => {
    const { text, html } = mailTo('ada', null, null);
    expect(text + html).not.toMatch(/https?:|token/);
  });

  it('escape what stands in them', () => {
    const { html } = mailTo(`<img src=x onerror="alert('1')">&`);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;');
  });

  it.each([
    [7_200, '2 hours', '2 小时'],
    [3_600, '1 hour.', '1 小时'],
    [1_800, '30 minutes', '30 分钟'],
    [61, '1 minute.', '1 分钟'],
  ])('say how long %d seconds are', (ttlSeconds, english, chinese) => {
    expect(mailTo('ada', 'en', { ...ACTION, ttlSeconds }).text).toContain(english);
    expect(mailTo('ada', 'zh', { ...ACTION, ttlSeconds }).text).toContain(chinese);
  });
});
