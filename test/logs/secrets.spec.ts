import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SpawnedService } from '../kit/spawned-service.js';
import { exchange } from '../http/raw-exchange.js';
import { freePort } from '../kit/free-port.mjs';
import { DocumentedApi, type Document } from '../kit/documented-api.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { SmtpInbox } from '../mail/smtp-inbox.js';
import { Receiver } from '../webhooks/receiver.js';
import { goodRequest, type GoodRequest, type Operation } from './marked-requests.js';
import { MarkedWorld, refusingRecipient, type Sent } from './marked-world.js';
import { Markers } from './markers.js';
import { spoiltBodies, spoiltHeaders, spoiltUrls } from './spoilt-requests.js';

/** What the service of this test has nothing to say to: pictures are public, so nothing is signed. */
const REFUSED = new Map([['avatars_signUrls', 404]]);

/** Makes PostgreSQL refuse every new row, in words of its own that quote it. */
const QUOTING = `
  CREATE FUNCTION refuse_by_quoting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM NEW::text::uuid; RETURN NEW; END $$;
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
      EXECUTE format('CREATE TRIGGER quoting BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_by_quoting()', name);
    END LOOP;
  END $$`;

describe('what is secret or personal', () => {
  const markers = new Markers();
  const api = new DocumentedApi();
  let database: TestDatabase;
  let redis: TestRedis;
  let inbox: SmtpInbox;
  let receiver: Receiver;
  let service: SpawnedService;
  let world: MarkedWorld;
  let operations: Operation[];
  let metricsUrl: string;
  const statuses = new Map<string, number>();

  beforeAll(async () => {
    [database, redis, inbox, receiver] = await Promise.all([withDatabase(), testRedis(), SmtpInbox.open({ onRcptTo: refusingRecipient }), Receiver.start()]);
    const [bootstrapToken, metricsPort] = [`first ${markers.at('the bootstrap token')}`, await freePort()];
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    service = await SpawnedService.start({
      NODE_ENV: 'test', LOG_LEVEL: 'trace', LOG_REQUESTS: 'on', METRICS_PORT: String(metricsPort), DATABASE_URL: database.url, REDIS_URL: redis.url, SMTP_URL: inbox.url, BOOTSTRAP_TOKEN: bootstrapToken,
      DATA_DIR: mkdtempSync(join(tmpdir(), 'likeness-secrets-')), TRUSTED_PROXIES: '127.0.0.0/8', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', AVATAR_IMPORT_ALLOWED_NETWORKS: '127.0.0.0/8', GRAVATAR: 'on', GRAVATAR_IMPORT: 'off',
    }); // prettier-ignore
    world = new MarkedWorld(service.url, markers, inbox, receiver);
    await world.begin(bootstrapToken);
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
    operations = Object.entries(document.paths).flatMap(([template, methods]) =>
      Object.entries(methods).filter(([, spec]) => spec.operationId !== undefined).map(([method, spec]) => ({ method: method.toUpperCase(), template, spec })),
    );
    await everyRouteInEveryWay();
    await mailsAndWebhooksThatFail();
    await everyWriteOverADatabaseThatQuotes();
    await requestsThatAreNoHttp();
  }, 300_000);

  afterAll(async () => {
    await service?.stop();
    await Promise.all([database?.drop(), redis?.close(), inbox?.close(), receiver?.stop()]);
  });

  const everyRouteInEveryWay = async (): Promise<void> => {
    for (const operation of operations) {
      const { operationId } = operation.spec;
      const good = await goodRequest(world, api, operation);
      // A server that refuses what is too long hangs up while it is still being sent.
      const sendAll = (requests: readonly Sent[]): Promise<unknown> => Promise.all(requests.map((request) => world.send(request, operationId).catch(() => undefined)));
      await sendAll(spoiltBodies(markers, operationId, good));
      statuses.set(operationId, (await world.send(good, operationId)).status);
      await sendAll([...spoiltHeaders(markers, operationId, good), ...spoiltUrls(markers, operation, good)]);
    }
  };

  const mailsAndWebhooksThatFail = async (): Promise<void> => {
    receiver.status = 500;
    receiver.headers = { 'x-why': markers.at('a header of a receiver') };
    await world.delivery(await world.webhook());
    await world.delivery(await world.webhook(`http://127.0.0.1:9/${markers.at('path of a webhook that is away')}`));
    await world.account({}, '.refused');
    await world.account({}, '.later');
    await untilLogged(/SMTP EENVELOPE 550; given up/, /SMTP EENVELOPE 452; to be tried again/);
  };

  const everyWriteOverADatabaseThatQuotes = async (): Promise<void> => {
    const requests: [string, GoodRequest][] = [];
    for (const operation of operations.filter(({ method }) => method !== 'GET')) requests.push([operation.spec.operationId, await goodRequest(world, api, operation)]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(QUOTING);
    await client.end();
    for (const [operationId, good] of requests) await world.send(good, `${operationId} over a database that quotes`);
  };

  const requestsThatAreNoHttp = async (): Promise<void> => {
    const port = Number(new URL(service.url).port);
    const heads = [
      `GET /v1/users/${markers.at('a bad URL')}% HTTP/1.1`, `GET /${markers.at('a path with a space')} b HTTP/1.1`, `${markers.at('a method')} / HTTP/1.1`, `GET / HTTP/1.1\r\n${markers.at('a header without a colon')}`,
      `GET / HTTP/1.1\r\ncontent-length: ${markers.at('a length')}`, `GET / HTTP/1.1\r\nexpect: ${markers.at('Expect')}`,
    ]; // prettier-ignore
    await Promise.all(heads.map((head) => exchange(port, `${head}\r\nhost: x\r\nauthorization: Bearer ${markers.at('a bearer in what is no HTTP')}\r\n\r\n`, { quietMs: 150 })));
  };

  const untilLogged = async (...patterns: RegExp[]): Promise<void> => {
    const isMissing = (pattern: RegExp): boolean => !pattern.test(service.words);
    for (const deadline = Date.now() + 15_000; patterns.some(isMissing) && Date.now() < deadline; ) await sleep(20);
    expect(patterns.filter(isMissing)).toEqual([]);
  };

  it('was sent to every route of the document, and taken wherever it is right', () => {
    expect(operations.length).toBe(Object.values(api.document.paths).flatMap((methods) => Object.values(methods).filter(({ operationId }) => operationId !== undefined)).length);
    const unexpected = [...statuses].filter(([operationId, status]) => (REFUSED.has(operationId) ? status !== REFUSED.get(operationId) : status >= 400));
    expect(unexpected).toEqual([]);
  });

  it('is in no line of the log, at whatever level, of requests that were taken, refused or failed', async () => {
    await untilLogged(/"msg":"request failed"/, /"msg":"request",/, /"level":"debug"/);
    const logged = new Set([...service.words.matchAll(/"msg":"request",.*?"method":"(\w+)","route":"([^"]+)"/g)].map(([, method, route]) => `${method} ${route!.replaceAll(/:(\w+)/g, '{$1}')}`));
    const unseen = operations.map(({ method, template }) => `${method} ${template}`).filter((operation) => !logged.has(operation) && !operation.includes('/health/'));
    expect(unseen).toEqual([]);
    expect(markers.foundIn(service.words)).toEqual([]);
  });

  it('is nowhere in the metrics', async () => {
    const text = await (await fetch(metricsUrl)).text();
    const unmetered = operations.map(({ method, template }) => `operation="${method} ${template.replaceAll(/\{(\w+)\}/g, ':$1')}"`).filter((label) => !text.includes(label));
    expect(unmetered).toEqual([]);
    expect(markers.foundIn(text)).toEqual([]);
  });

  it('would be found', () => {
    expect(markers.count).toBeGreaterThan(2_000);
    expect(markers.foundIn(`{"msg":"${world.admin.username} ${world.admin.token} 203.0.113.9"}`).length).toBe(3);
  });
});
