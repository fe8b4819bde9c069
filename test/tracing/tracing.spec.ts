import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { fetch as plainFetch } from 'undici';
import { startS3rver, type S3Server } from '../avatars/s3-server.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { OtlpReceiver, type ReceivedSpan } from '../kit/otlp-receiver.js';
import { startService, type TestService } from '../kit/service.js';

// OpenTelemetry's own setting: spans are sent after so many milliseconds.
process.env.OTEL_BSP_SCHEDULE_DELAY = '100';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const traceparent = (flags: '00' | '01'): Record<string, string> => ({ traceparent: `00-${TRACE_ID}-${PARENT_ID}-${flags}` });

const names = (spans: readonly ReceivedSpan[]): string[] => spans.map(({ name }) => name);

describe('traces', () => {
  let receiver: OtlpReceiver;
  let s3: S3Server;
  let service: TestService;
  let user: RegisteredUser;
  const started: TestService[] = [];

  const start = async (settings: Parameters<typeof startService>[1]): Promise<TestService> => {
    const one = await startService('PostgreSQL and Redis', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...settings });
    started.push(one);
    return one;
  };
  const traceOf = (answer: ApiAnswer): Promise<readonly ReceivedSpan[]> => receiver.trace(answer.headers.get('x-request-id')!);

  beforeAll(async () => {
    [receiver, s3] = await Promise.all([OtlpReceiver.start(), startS3rver()]);
    const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.config;
    service = await start({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-secret',
      OTEL_SERVICE_NAME: 'identity',
      STORAGE: 's3',
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
      S3_FORCE_PATH_STYLE: 'on',
    });
    user = await registerUser(service.api, { displayName: 'Ada Countess-of-Lovelace' });
  });

  afterAll(async () => {
    await Promise.all(started.map((one) => one.stop()));
    await Promise.all([receiver?.stop(), s3?.stop()]);
  });

  it('show a request by its route, with what it asked of PostgreSQL, Redis and S3 below it', async () => {
    const png = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#246' } }).png().toBuffer();
    const answer = await service.api.put('/v1/users/me/avatar', new Uint8Array(png), { token: user.token });
    expect(answer.status).toBe(200);
    const spans = await traceOf(answer);
    const root = spans.find(({ parentSpanId }) => parentSpanId === '')!;
    expect(root).toMatchObject({
      name: 'PUT /v1/users/me/avatar',
      isError: false,
      attributes: { 'http.request.method': 'PUT', 'http.route': '/v1/users/me/avatar', 'http.response.status_code': 200 },
    });
    expect(names(spans)).toEqual(expect.arrayContaining(['COMMIT', 'UPDATE users', 'S3.PutObject', 'EVALSHA fenced-entry-fence']));
    expect(new Set(spans.map(({ attributes }) => attributes['db.system.name'] ?? attributes['rpc.system'] ?? 'http'))).toEqual(new Set(['http', 'postgresql', 'redis', 'aws-api']));
    for (const span of spans.filter((one) => one !== root)) expect(span.parentSpanId).toBe(root.spanId);
  });

  it('stay apart when requests run side by side', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.api.get('/v1/users/me', { token: user.token })));
    for (const answer of answers) {
      const spans = await traceOf(answer);
      const below = spans.filter(({ parentSpanId }) => parentSpanId !== '');
      expect(spans.length - below.length).toBe(1);
      expect(below.length).toBeGreaterThan(0);
    }
    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBeGreaterThanOrEqual(20);
  });

  it('are sent under the name and with the headers of the settings', async () => {
    await traceOf(await service.api.get('/v1/users/me', { token: user.token }));
    expect([...receiver.serviceNames]).toEqual(['identity']);
    expect([...receiver.authorizations]).toEqual(['Bearer collector-secret']);
  });

  it('leave out the probes', async () => {
    const probe = await service.api.get('/health/live', { headers: { 'x-request-id': 'a-probe' } });
    expect(probe.status).toBe(200);
    await traceOf(await service.api.get('/v1/users/me', { token: user.token }));
    expect(receiver.spans.filter(({ attributes }) => attributes['likeness.request_id'] === 'a-probe')).toEqual([]);
  });

  it('say nothing of anybody: no name, address, token, id, path, statement or value', async () => {
    const login = await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password }, { headers: { 'user-agent': 'Ada-Phone/7' } });
    await service.api.post('/v1/auth/login', { identifier: user.email, password: 'wrong-as-can-be' });
    // A parameter that is nobody's: not by the fetch that holds requests against the document.
    await plainFetch(`${service.api.url}/v1/users/${user.id}?secret=in-a-query`, { headers: { authorization: `Bearer ${login.body.accessToken}` } });
    await service.api.get('/nowhere/countess', { token: user.token });
    await service.api.patch('/v1/users/me', { displayName: 'Grace Hopper-Admiral' }, { token: user.token });
    const last = await service.api.get('/v1/users?q=countess', { token: user.token });
    await traceOf(last);
    const secrets = [user.email, user.username, user.password, user.token, user.refreshToken, user.id, user.sessionId, login.body.accessToken, 'wrong-as-can-be', 'in-a-query', 'ountess', 'Admiral', 'Ada-Phone', '127.0.0.1', 'collector-secret', `${s3.config.bucket}/`, 'WHERE '];
    expect(secrets.filter((secret) => receiver.raw.includes(secret))).toEqual([]);
  });

  it('begin anew for callers that are not trusted, whatever trace they name', async () => {
    const spans = await traceOf(await service.api.get('/v1/users/me', { token: user.token, headers: traceparent('01') }));
    expect(spans[0]!.traceId).not.toBe(TRACE_ID);
  });

  it('go on from the trace of a trusted caller, who decides whether to record', async () => {
    const { api } = await start({ TRUSTED_PROXIES: '127.0.0.0/8', OTEL_TRACES_SAMPLER_ARG: '0' });
    const ask = (id: string, headers: Record<string, string>): Promise<ApiAnswer> => api.get('/.well-known/jwks.json', { headers: { 'x-request-id': id, ...headers } });
    await ask('unasked', {});
    await ask('unwanted', traceparent('00'));
    const [root] = await traceOf(await ask('wanted', traceparent('01')));
    expect([root!.traceId, root!.parentSpanId]).toEqual([TRACE_ID, PARENT_ID]);
    expect(receiver.spans.filter(({ attributes }) => ['unasked', 'unwanted'].includes(String(attributes['likeness.request_id'])))).toEqual([]);
  });

  it('are sent before the process ends', async () => {
    const one = await startService('PostgreSQL alone', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await one.api.get('/.well-known/jwks.json', { headers: { 'x-request-id': 'the-last' } });
    await one.stop();
    expect(receiver.spans.some(({ attributes }) => attributes['likeness.request_id'] === 'the-last')).toBe(true);
  });

  it('cost no request anything when the collector is away, and do not hold the end', async () => {
    const one = await startService('PostgreSQL alone', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect((await one.api.get('/.well-known/jwks.json')).status).toBe(200);
    await one.stop();
  });
});
