import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SmtpMailer } from '../../src/kernel/mail/smtp.mailer.js';
import { describeMailer, MAIL } from './mailer.contract.js';
import { SmtpInbox } from './smtp-inbox.js';

describeMailer('SMTP', async (from) => {
  const inbox = await SmtpInbox.open();
  const mailer = new SmtpMailer(inbox.url, from);
  return { mailer, arrived: async () => inbox.received, breakDown: () => inbox.close(), close: () => inbox.close() };
});

describe('the SMTP mailer, beside the contract', () => {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const refusing = async (reply: number): Promise<SmtpMailer> => {
    const inbox = await SmtpInbox.open({
      onRcptTo: (address, _session, done) => done(Object.assign(new Error(`<${address.address}> is not welcome`), { responseCode: reply })),
    });
    closing.push(() => inbox.close());
    return new SmtpMailer(inbox.url, 'a@example.test');
  };
  const failureOf = (mailer: SmtpMailer): Promise<{ reason: string; isTemporary: boolean }> =>
    mailer.send(MAIL).then(
      () => Promise.reject(new Error('it was sent')),
      (error: unknown) => error as { reason: string; isTemporary: boolean },
    );
  const rawServer = async (onConnection: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  it('names the addressee alone in the envelope', async () => {
    const inbox = await SmtpInbox.open();
    closing.push(() => inbox.close());
    await new SmtpMailer(inbox.url, 'Likeness <no-reply@example.test>').send(MAIL);
    expect(inbox.received[0]!.recipients).toEqual([MAIL.to]);
  });

  it('tells what is refused for good from what may go better later, without the address in the answer', async () => {
    expect(await failureOf(await refusing(550))).toMatchObject({ reason: 'SMTP EENVELOPE 550', isTemporary: false });
    expect(await failureOf(await refusing(451))).toMatchObject({ reason: 'SMTP EENVELOPE 451', isTemporary: true });
  });

  it('signs in with the credentials of the URL', async () => {
    const inbox = await SmtpInbox.open({
      onAuth: ({ username, password }, _session, done) =>
        username === 'user' && password === 'p@ss' ? done(null, { user: username }) : done(new Error('wrong')),
    });
    closing.push(() => inbox.close());
    await new SmtpMailer(`smtp://user:p%40ss@127.0.0.1:${inbox.port}`, 'a@example.test').send(MAIL);
    expect(inbox.received).toHaveLength(1);
    // Wrong credentials are the operator's to mend: the mail may go better later.
    expect(await failureOf(new SmtpMailer(`smtp://user:wrong@127.0.0.1:${inbox.port}`, 'a@example.test'))).toMatchObject({ isTemporary: true });
  });

  it('does not wait for a server that says nothing', async () => {
    const port = await rawServer(() => undefined);
    const startedAt = performance.now();
    await failureOf(new SmtpMailer(`smtp://127.0.0.1:${port}`, 'a@example.test', { stepMs: 200, sendMs: 5_000 }));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('does not wait for one that says a little now and then', async () => {
    const port = await rawServer((socket) => {
      const timer = setInterval(() => socket.write('220-wait\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const startedAt = performance.now();
    expect(await failureOf(new SmtpMailer(`smtp://127.0.0.1:${port}`, 'a@example.test', { stepMs: 5_000, sendMs: 400 }))).toMatchObject({ isTemporary: true });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('hears an error of its transport that belongs to no mail', () => {
    const { transport } = new SmtpMailer('smtp://127.0.0.1:1', 'a@example.test') as unknown as { transport: { emit(event: 'error', error: Error): boolean } };
    expect(transport.emit('error', new Error('nobody asked'))).toBe(true);
  });
});
