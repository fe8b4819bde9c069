import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { examineMail } from '../../src/cli/doctor/store.checks.js';
import { SmtpMailer } from '../../src/kernel/mail/smtp.mailer.js';
import { makeCertificate, type TestCertificate } from '../kit/certificate.js';
import { testConfig } from '../kit/config.js';
import { freePort } from '../kit/free-port.mjs';
import { SmtpInbox } from './smtp-inbox.js';

describe('an SMTP server with a certificate of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-smtp-'));
  let certificate: TestCertificate;
  const inboxes: SmtpInbox[] = [];
  const refusalOf = (url: string): Promise<{ reason: string; isTemporary: boolean }> => new SmtpMailer(url, 'a@example.test').verify().then(() => Promise.reject(new Error('it was believed')), (error: unknown) => error as { reason: string; isTemporary: boolean });
  const open = async (options: object): Promise<SmtpInbox> => {
    const inbox = await SmtpInbox.open({ key: certificate.keyPem, cert: certificate.pem, disabledCommands: ['AUTH'], ...options });
    inboxes.push(inbox);
    return inbox;
  };

  beforeAll(async () => {
    certificate = await makeCertificate(folder);
  });
  afterAll(async () => {
    await Promise.all(inboxes.map((inbox) => inbox.close()));
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['from the first byte', 'smtps', { secure: true }],
    ['by STARTTLS', 'smtp', {}],
  ])('is refused %s by the name of what is wrong with it, and may be tried again', async (_when, protocol, options) => {
    const { port } = await open(options);
    const url = `${protocol}://127.0.0.1:${port}`;
    expect(await refusalOf(url)).toMatchObject({ reason: expect.stringMatching(/^SMTP E\w+ DEPTH_ZERO_SELF_SIGNED_CERT: the certificate of the server is refused, it signed itself$/), isTemporary: true });
    await new SmtpMailer(`${url}?tls.rejectUnauthorized=false`, 'a@example.test').verify();
  });

  it('is not the same to the log and doctor as nobody there', async () => {
    const { port } = await open({ secure: true });
    const [nobody, untrusted] = await Promise.all([`smtps://127.0.0.1:${await freePort()}`, `smtps://127.0.0.1:${port}`].map(async (url) => (await examineMail(testConfig({ SMTP_URL: url })))[0]!));
    expect(nobody).toMatchObject({ status: 'failure', message: expect.stringContaining('ECONNREFUSED') });
    expect(untrusted).toMatchObject({ status: 'failure', message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'), advice: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
  });
});
