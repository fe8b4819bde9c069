import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MailOutbox, type OutboxLimits } from '../../src/kernel/mail/mail-outbox.js';
import { Mailer, MailNotSent, type OutgoingMail } from '../../src/kernel/mail/mailer.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { MAIL } from './mailer.contract.js';
import { eventually } from '../kit/eventually.js';

class ScriptedMailer extends Mailer {
  readonly sent: string[] = [];
  running = 0;
  mostAtOnce = 0;
  attempts = 0;

  constructor(private readonly script: (attempt: number) => Promise<void> = () => Promise.resolve()) {
    super();
  }

  override async send({ subject }: OutgoingMail): Promise<void> {
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      await this.script(++this.attempts);
      this.sent.push(subject);
    } finally {
      this.running -= 1;
    }
  }
}

const LIMITS: OutboxLimits = { maxHeld: 10, atOnce: 2, retryDelaysMs: [10, 10], closingMs: 200 };
const mail = (subject: string) => async (): Promise<OutgoingMail> => ({ ...MAIL, subject });
const until = (isSo: () => boolean): Promise<boolean> => eventually('the outbox has come so far', isSo);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('the outbox', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('returns before anything is composed, and sends afterwards', async () => {
    const mailer = new ScriptedMailer();
    let isComposed = false;
    new MailOutbox(mailer, LIMITS).post('x', async () => ((isComposed = true), MAIL));
    await Promise.resolve();
    expect(isComposed).toBe(false);
    await until(() => mailer.sent.length === 1);
  });

  it('sends nothing where there is nothing to send', async () => {
    const mailer = new ScriptedMailer();
    const outbox = new MailOutbox(mailer, LIMITS);
    outbox.post('x', async () => null);
    await outbox.beforeApplicationShutdown();
    expect(mailer.attempts).toBe(0);
  });

  it('sends a few at once, and drops what it cannot hold', async () => {
    const mailer = new ScriptedMailer(() => pause(5));
    const outbox = new MailOutbox(mailer, LIMITS);
    for (let n = 0; n < 30; n += 1) outbox.post('x', mail(`mail ${n}`));
    await until(() => mailer.sent.length === LIMITS.maxHeld);
    expect(mailer.mostAtOnce).toBe(LIMITS.atOnce);
    outbox.post('x', mail('later'));
    await until(() => mailer.sent.at(-1) === 'later');
    expect(mailer.sent).toHaveLength(LIMITS.maxHeld + 1);
  });

  it('tries again what failed for the moment, with the message as it was composed', async () => {
    const mailer = new ScriptedMailer((attempt) => (attempt < 3 ? Promise.reject(new MailNotSent('x', true)) : Promise.resolve()));
    let composed = 0;
    new MailOutbox(mailer, LIMITS).post('x', async () => ({ ...MAIL, subject: `composed ${++composed}` }));
    await until(() => mailer.sent.length === 1);
    expect([mailer.attempts, composed]).toEqual([3, 1]);
  });

  it('counts what was sent, tried again, given up and dropped', async () => {
    const metrics = new Metrics();
    const mailer = new ScriptedMailer((attempt) => (attempt === 1 ? Promise.reject(new MailNotSent('x', true)) : attempt === 2 ? Promise.reject(new MailNotSent('x', false)) : Promise.resolve()));
    const outbox = new MailOutbox(mailer, { ...LIMITS, maxHeld: 2, atOnce: 1 }, metrics);
    for (const subject of ['first', 'second', 'one too many']) outbox.post('x', mail(subject));
    await until(() => mailer.attempts === 3);
    await outbox.beforeApplicationShutdown();
    const { values } = await metrics.registry.getSingleMetric('likeness_mail_attempts_total')!.get();
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels['result'], value]))).toEqual({ dropped: 1, retried: 1, failed: 1, sent: 1 });
  });

  it('composes again what could not be composed', async () => {
    const mailer = new ScriptedMailer();
    let composed = 0;
    new MailOutbox(mailer, LIMITS).post('x', () => (++composed < 2 ? Promise.reject(new Error('the database is away')) : Promise.resolve(MAIL)));
    await until(() => mailer.sent.length === 1);
  });

  it.each([
    ['what will never be taken', false, 1],
    ['what failed too often', true, 3],
  ])('gives up %s', async (_what, isTemporary, attempts) => {
    const mailer = new ScriptedMailer(() => Promise.reject(new MailNotSent('x', isTemporary)));
    new MailOutbox(mailer, LIMITS).post('x', mail('x'));
    await until(() => mailer.attempts === attempts);
    await pause(50);
    expect(mailer.attempts).toBe(attempts);
  });

  it('logs why and what, and nothing of the message', async () => {
    const said: string[] = [];
    const line = (...words: unknown[]): void => void said.push(words.map(String).join(' '));
    Logger.overrideLogger({ log: line, warn: line, error: line, debug: line, verbose: line });
    const outbox = new MailOutbox(new ScriptedMailer(), { ...LIMITS, retryDelaysMs: [] });
    outbox.post('password reset', () => Promise.reject(new Error(`no ${MAIL.to}`)));
    await until(() => said.length === 1);
    Logger.overrideLogger(false);
    expect(said[0]).toContain('password reset: Error; given up');
    // The whole address: the stack of the message names folders of whoever runs this.
    expect(said[0]).not.toContain(MAIL.to);
  });

  it('sends what waits before it closes, but does not wait for ever', async () => {
    const mailer = new ScriptedMailer();
    const outbox = new MailOutbox(mailer, LIMITS);
    outbox.post('x', mail('later'), 60_000);
    await outbox.beforeApplicationShutdown();
    expect(mailer.sent).toEqual(['later']);
    outbox.post('x', mail('last'));
    await outbox.onApplicationShutdown();
    expect(mailer.sent).toEqual(['later', 'last']);

    const stuck = new MailOutbox(new ScriptedMailer(() => new Promise(() => undefined)), LIMITS);
    stuck.post('x', mail('x'));
    const startedAt = performance.now();
    await stuck.beforeApplicationShutdown();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
