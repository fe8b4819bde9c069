import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Socket } from 'node:net';
import { OutboundGate, outboundRequest, settlingAgents } from '../../src/kernel/outbound/index.js';
import { SmtpMailer } from '../../src/kernel/mail/index.js';
import { PictureFetcher } from '../../src/modules/avatars/import/picture-fetcher.js';
import { S3AvatarStorage } from '../../src/modules/avatars/storage/s3-avatar-storage.js';
import { sourcePath } from '../../src/modules/avatars/storage/storage-paths.js';
import { WebhookSender } from '../../src/modules/webhooks/sending/webhook-sender.js';
import { HOSTILE_ANSWERS, HOSTILE_BODIES, HostileRemote } from '../kit/hostile-remote.js';

const LIMIT_MS = 100;
const RULES = { allowedNetworks: ['127.0.0.1'], isHttpAllowed: true, maxBytes: 10_000 };
const ALL = { ...HOSTILE_ANSWERS, ...HOSTILE_BODIES };
const NAMES = Object.keys(ALL);
/** Behaviours after which there is nothing to wait for. */
const fulfilled = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';

// A test that waits for ever is red by jest's own limit: nothing here looks at a clock.
describe('a server elsewhere', () => {
  let remote: HostileRemote;
  beforeAll(async () => {
    remote = await HostileRemote.start();
  });
  afterEach(() => remote.dropAll());
  afterAll(() => remote.stop());

  /** Every connection was closed by the service, or by the remote itself. */
  const isAtPeace = (): Promise<void> => remote.quiet();

  describe('from which a picture is fetched', () => {
    it.each(NAMES)('that %s gives every place back', async (name) => {
      const fetcher = new PictureFetcher(RULES, undefined, LIMIT_MS);
      remote.behave = ALL[name]!;
      // As many as there are places, for a place that is not given back is the fault that this is about.
      const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => fetcher.fetch(`${remote.origin}/a.png`)));
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'avatar.import_failed' } });
      await isAtPeace();
      // Not `avatar.busy`.
      await expect(fetcher.fetch(`${remote.origin}/a.png`)).rejects.toMatchObject({ code: 'avatar.import_failed' });
    });

    it('is left at once when the fetch is given up', async () => {
      remote.behave = () => undefined;
      const givenUp = new AbortController();
      const fetched = new PictureFetcher(RULES, undefined, 3_600_000).fetch(`${remote.origin}/a.png`, givenUp.signal);
      while (remote.open === 0) await new Promise((resolve) => setImmediate(resolve));
      givenUp.abort();
      await expect(fetched).rejects.toMatchObject({ code: 'avatar.import_failed' });
      await isAtPeace();
    });
  });

  describe('to which an event is sent', () => {
    it.each(Object.keys(HOSTILE_ANSWERS))('that %s is a failed attempt, and lets go', async (name) => {
      remote.behave = HOSTILE_ANSWERS[name]!;
      const sender = new WebhookSender(RULES, undefined, LIMIT_MS);
      expect(await sender.send({ url: `${remote.origin}/hook`, body: '{}', headers: {} })).toEqual({ status: null, error: expect.stringMatching(/^[a-z_]+$/) });
      await isAtPeace();
    });

    it.each(Object.keys(HOSTILE_BODIES).filter((name) => name !== 'gives a chunk that is none'))('that %s has answered: nothing but the status is waited for', async (name) => {
      remote.behave = HOSTILE_BODIES[name]!;
      const sender = new WebhookSender(RULES, undefined, 3_600_000);
      expect(await sender.send({ url: `${remote.origin}/hook`, body: '{}', headers: {} })).toEqual({ status: 200, error: null });
      await isAtPeace();
    });

    it('is a failed attempt when it answers in the middle of what is sent, and hangs up', async () => {
      remote.behave = (socket) => void socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
      const result = await new WebhookSender(RULES, undefined, LIMIT_MS).send({ url: `${remote.origin}/hook`, body: 'x'.repeat(20_000_000), headers: {} });
      expect(result.status === 413 || result.error !== null).toBe(true);
    });
  });

  it('that sends a few early hints before its answer is heard out', async () => {
    remote.behave = (socket) => void socket.end(`HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${fulfilled}`);
    expect((await new PictureFetcher(RULES).fetch(`${remote.origin}/a.png`)).toString()).toBe('ok');
  });

  it('is not waited for when its name is never resolved', async () => {
    const gate = new OutboundGate(RULES, () => undefined);
    const asked = outboundRequest('http://never.example/', { method: 'GET', headers: {}, lookup: gate.lookup, timeLimitMs: 50 }, () => 'answered');
    await expect(asked).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  describe('where pictures are kept', () => {
    it.each(NAMES)('that %s is a store that is not available', async (name) => {
      const storage = new S3AvatarStorage({ endpoint: remote.origin, region: 'r', bucket: 'b', prefix: '', accessKeyId: 'a', secretAccessKey: 's', forcePathStyle: true, timeoutMs: 60 });
      remote.behave = ALL[name]!;
      const path = sourcePath('a'.repeat(64));
      const [read, written] = await Promise.allSettled([storage.read(path), storage.write(path, Buffer.from('x'))]);
      storage.close();
      const refused = { status: 'rejected', reason: { code: 'avatar.storage_unavailable' } };
      expect(read).toMatchObject(refused);
      // A head that says 200 is all that a write needs.
      if (name in HOSTILE_ANSWERS) expect(written).toMatchObject(refused);
    });
  });

  describe('that collects traces', () => {
    it.each(NAMES)('and %s loses them, and holds none of the places of those that follow', async (name) => {
      const agents = settlingAgents({}, LIMIT_MS);
      const exporter = new OTLPTraceExporter({ url: `${remote.origin}/v1/traces`, timeoutMillis: LIMIT_MS, httpAgentOptions: () => agents.http });
      remote.behave = ALL[name]!;
      const result = await new Promise<{ code: number }>((resolve) => exporter.export([], resolve));
      if (name in HOSTILE_ANSWERS) expect(result.code).toBe(1);
      await exporter.forceFlush();
      agents.http.destroy();
    });
  });
});

describe('a mail server', () => {
  const REPLIES = ['220 hi\r\n', '250 hi\r\n', '250 ok\r\n', '250 ok\r\n', '354 go on\r\n', '250 taken\r\n'];
  const ENDS: Readonly<Record<string, (socket: Socket) => void>> = {
    'says nothing more': () => undefined,
    'hangs up': (socket) => void socket.end(),
    resets: (socket) => void socket.resetAndDestroy(),
    'says half a line': (socket) => void socket.write('25'),
    'says half a line and resets': (socket) => void socket.write('25', () => socket.resetAndDestroy()),
    'speaks no SMTP': (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'says a line without an end': (socket) => void socket.write('2'.repeat(300_000)),
    'goes on and on': (socket) => {
      const timer = setInterval(() => socket.write('250-more\r\n'), 10);
      socket.on('close', () => clearInterval(timer));
    },
  };
  const CASES = REPLIES.flatMap((_reply, step) => Object.keys(ENDS).map((name) => [step, name] as const));

  it.each(CASES)('that after %i good replies %s is a mail that was not sent', async (step, name) => {
    const remote = await HostileRemote.start({ isSpokenTo: false });
    remote.behave = (socket) => {
      let said = 0;
      const next = (): void => {
        if (said < step) socket.write(REPLIES[said++]!);
        else ENDS[name]!(socket.removeAllListeners('data').resume());
      };
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        // A command is a line; the message ends with a dot alone.
        if (said < 5 ? /\r\n$/.test(text) : /\r\n\.\r\n$/.test(text)) {
          text = '';
          next();
        }
      });
      next();
    };
    const mailer = new SmtpMailer(`smtp://127.0.0.1:${remote.port}?ignoreTLS=true`, 'a@example.test', { stepMs: 60, sendMs: 120 });
    await expect(mailer.send({ to: 'b@example.test', subject: 's', text: 't', html: 'h' })).rejects.toMatchObject({ name: 'MailNotSent' });
    // Two good replies are all that a look asks for.
    await mailer.verify().then(() => expect(step).toBeGreaterThanOrEqual(2), (error: unknown) => expect(error).toMatchObject({ name: 'MailNotSent' }));
    await remote.stop();
  });
});
