import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { fetch as plainFetch } from 'undici';
import { Metrics, MetricsListener } from '../../src/kernel/metrics/index.js';
import { registerUser, type Api } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { freePort } from '../kit/free-port.mjs';
import { alertRules, GUIDE, metricsInGuide, namedInAlerts, namedInDashboard } from './metric-names.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';

describeOnEitherShape('/metrics', (shape) => {
  let service: TestService;
  let api: Api;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    service = await startService(shape, { METRICS_PORT: String(port), LOGIN_POLICY: 'one-per-platform', REFRESH_GRACE_SECONDS: '0', ACCESS_TOKEN_TTL_SECONDS: '900' });
    api = service.api;
    await api.app.get(MetricsListener).start();
  });
  afterAll(() => service.stop());

  const scrape = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const valueOf = (text: string, series: string): number => Number(text.split('\n').find((line) => line.startsWith(`${series} `))?.slice(series.length) ?? 0);
  /** How the series have grown while `work` ran. */
  const growth = async (series: readonly string[], work: () => Promise<unknown>): Promise<number[]> => {
    const before = await scrape();
    await work();
    const after = await scrape();
    return series.map((name) => valueOf(after, name) - valueOf(before, name));
  };
  const post = (path: string, body: object, token?: string) => api.post(path, body, token === undefined ? {} : { token });

  it('is Prometheus text about the process, on a port of its own and not on the API’s', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) expect(text).toContain(name);
    // Not by the fetch that holds answers against the document: what is documented is not here.
    const elsewhere = await plainFetch(`http://127.0.0.1:${port}/v1/users/me`);
    expect([elsewhere.status, elsewhere.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(await elsewhere.json()).toMatchObject({ status: 404, code: 'request.not_found', instance: elsewhere.headers.get('x-request-id') });
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await api.get('/metrics')).status).toBe(404);
  });

  it('counts tokens issued, verified and refreshed, and those who gave way', async () => {
    const user = await registerUser(api);
    const series = [
      'likeness_tokens_issued_total{kind="login"}',
      'likeness_sessions_evicted_total{policy="one-per-platform"}',
      'likeness_tokens_verified_total{result="live"}',
      'likeness_tokens_verified_total{result="evicted"}',
      'likeness_tokens_issued_total{kind="refresh"}',
      'likeness_tokens_refreshed_total{result="rotated"}',
    ];
    const grown = await growth(series, async () => {
      const login = await post('/v1/auth/login', { identifier: user.email, password: user.password });
      expect((await api.get('/v1/users/me', { token: user.token })).status).toBe(401);
      expect((await api.get('/v1/users/me', { token: login.body.accessToken })).status).toBe(200);
      expect((await post('/v1/auth/refresh', { refreshToken: login.body.refreshToken })).status).toBe(200);
    });
    expect(grown).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('counts a refresh token used twice, and ends by their reason', async () => {
    const [thief, user] = [await registerUser(api), await registerUser(api)];
    const series = [
      'likeness_refresh_reuse_detected_total',
      'likeness_tokens_refreshed_total{result="reused"}',
      'likeness_tokens_revoked_total{scope="session",reason="ended"}',
      'likeness_tokens_revoked_total{scope="all",reason="ended"}',
    ];
    const grown = await growth(series, async () => {
      await post('/v1/auth/refresh', { refreshToken: thief.refreshToken });
      await post('/v1/auth/refresh', { refreshToken: thief.refreshToken });
      const login = await post('/v1/auth/login', { identifier: user.email, password: user.password, platform: 'ios' });
      await post('/v1/auth/logout', {}, login.body.accessToken);
      await post('/v1/auth/logout-all', {}, user.token);
    });
    expect(grown).toEqual([1, 1, 1, 1]);
  });

  it('shows what life a token had left when its holder learned of its end', async () => {
    const user = await registerUser(api);
    const series = ['300', '900'].map((bound) => `likeness_token_remaining_life_seconds_bucket{le="${bound}",result="ended"}`);
    const grown = await growth(series, async () => {
      await post('/v1/auth/logout', {}, user.token);
      expect((await api.get('/v1/users/me', { token: user.token })).status).toBe(401);
    });
    expect(grown).toEqual([0, 1]);
  });

  it('counts looks into the cache of users, by whether it had them, and those that went around it', async () => {
    const user = await registerUser(api);
    const ask = () => api.get('/v1/users/me', { token: user.token });
    await ask();
    const grown = await growth(['hit', 'bypassed'].map((result) => `likeness_user_cache_reads_total{result="${result}"}`), () => ask());
    expect(grown).toEqual(shape === 'PostgreSQL alone' ? [0, 1] : [1, 0]);
  });

  it('knows for how long the key that signs has done so', async () => {
    const age = valueOf(await scrape(), 'likeness_signing_key_age_seconds');
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(3_600);
  });

  it('counts requests by route and outcome, whatever ids stand in their paths', async () => {
    const user = await registerUser(api);
    const series = [
      'likeness_http_request_duration_seconds_count{operation="GET /v1/users/me",outcome="2xx"}',
      'likeness_http_request_duration_seconds_count{operation="GET /v1/users/:id",outcome="4xx"}',
      'likeness_http_request_duration_seconds_count{operation="none",outcome="4xx"}',
    ];
    const grown = await growth(series, async () => {
      await api.get('/v1/users/me', { token: user.token });
      await api.get('/v1/users/019aa000-0000-7000-8000-000000000000', { token: user.token });
      await api.get('/nowhere');
    });
    expect(grown).toEqual([1, 1, 1]);
  });

  it('counts uploads by result, how long they took, variants made, and answers by kind of URL and status', async () => {
    const user = await registerUser(api);
    const png = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#135' } }).png().toBuffer();
    const series = [
      'likeness_avatar_uploads_total{result="stored"}',
      'likeness_avatar_uploads_total{result="avatar.not_an_image"}',
      'likeness_avatar_decode_seconds_count{type="png",result="decoded"}',
      'likeness_avatar_decode_seconds_count{type="png",result="refused"}',
      'likeness_avatar_bytes_total{direction="in"}',
      'likeness_avatar_variants_made_total{kind="uploaded",format="jpeg"}',
      'likeness_avatar_answers_total{route="stable",status="200"}',
      'likeness_avatar_answers_total{route="stable",status="206"}',
      'likeness_avatar_answers_total{route="stable",status="304"}',
      'likeness_avatar_answers_total{route="immutable",status="200"}',
      'likeness_avatar_bytes_total{direction="out"}',
    ];
    let bytesOut = 0;
    // Whole by its marks: what is cut off is refused before it is decoded.
    const broken = Buffer.from(png).fill(0, png.length >> 1, png.length - 12);
    const grown = await growth(series, async () => {
      const put = await api.put('/v1/users/me/avatar', new Uint8Array(png), { token: user.token });
      expect([put.status, (await api.put('/v1/users/me/avatar', new Uint8Array(broken), { token: user.token })).status]).toEqual([200, 422]);
      const path = `/v1/users/${user.id}/avatar?size=32&format=jpeg`;
      const first = await api.get(path);
      const part = await api.get(path, { headers: { range: 'bytes=0-9' } });
      const again = await api.get(path, { headers: { 'if-none-match': first.headers.get('etag')! } });
      const byDigest = await api.get(`/v1/avatars/${put.body.version}/32.jpeg`);
      expect([first, part, again, byDigest].map(({ status }) => status)).toEqual([200, 206, 304, 200]);
      bytesOut = first.bytes.length + part.bytes.length + byDigest.bytes.length;
    });
    expect(grown).toEqual([1, 1, 1, 1, 2 * png.length, 1, 1, 1, 1, 1, bytesOut]);
  });

  it('counts failures of the picture store by operation', async () => {
    const user = await registerUser(api);
    const folder = `${service.dataDir}/avatars`;
    const grown = await growth(['likeness_avatar_storage_errors_total{operation="look"}', 'likeness_avatar_answers_total{route="stable",status="200"}'], async () => {
      await rename(folder, `${folder}-away`);
      const answer = await api.get(`/v1/users/${user.id}/avatar`);
      await rename(`${folder}-away`, folder);
      expect([answer.status, answer.body.code]).toEqual([503, 'avatar.storage_unavailable']);
    });
    expect(grown).toEqual([1, 0]);
  });

  it('has every metric, with every label, that the dashboard and the alerts ask for', () => {
    const { registry } = api.app.get(Metrics);
    const asked = [...namedInDashboard(), ...namedInAlerts()];
    const faults = asked.flatMap(({ where, name, labels }) => {
      const metric = (registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(/_(bucket|count|sum)$/, ''))) as unknown as { readonly labelNames: readonly string[] } | undefined;
      return metric ? labels.filter((label) => !metric.labelNames.includes(label)).map((label) => `${where}: ${name} has no label ${label}`) : [`${where}: there is no ${name}`];
    });
    expect(asked.length).toBeGreaterThan(50);
    expect(faults).toEqual([]);
  });

  it('is described whole, with its labels, as are the alerts', () => {
    const own = api.app.get(Metrics).registry.getMetricsAsArray().filter(({ name }) => name.startsWith('likeness_')) as unknown as { readonly name: string; readonly labelNames: readonly string[] }[];
    const described = metricsInGuide().map(({ name, labels }) => ({ name, labels: [...labels].sort() }));
    expect(described.sort((a, b) => a.name.localeCompare(b.name))).toEqual(own.map(({ name, labelNames }) => ({ name, labels: [...labelNames].sort() })).sort((a, b) => a.name.localeCompare(b.name)));
    for (const { name, text } of alertRules()) {
      expect(GUIDE).toContain(`\n#### ${name}\n`);
      expect(text).toMatch(/\n {8}for: \d+[mh]\n {8}labels: \{ severity: (warning|critical) \}\n {8}annotations:\n {10}summary: .+\n/);
      expect(text).toContain(`docs/observability.md#${name.toLowerCase()}\n`);
    }
  });

  it('names nobody: no id, token, address or name is in a label', async () => {
    const user = await registerUser(api);
    await api.get(`/v1/users/${user.id}`, { token: user.token });
    await post('/v1/auth/logout', {}, user.token);
    await api.get('/v1/users/me', { token: user.token });
    await post('/v1/auth/refresh', { refreshToken: user.refreshToken });
    const text = await scrape();
    for (const secret of [user.id, user.sessionId, user.username, user.email, user.token, user.refreshToken]) expect(text).not.toContain(secret);
  });
});

describe('the metrics listener', () => {
  const listenerFor = (settings: Record<string, string>): MetricsListener => new MetricsListener(new Metrics(), testConfig({ DATABASE_URL: 'postgres://x/x', REDIS_URL: 'redis://x', ...settings }));

  it('listens on nothing when the port is 0', async () => {
    const listener = listenerFor({ METRICS_PORT: '0' });
    await listener.start();
    expect(listener.port).toBeNull();
  });

  it('goes without when its port is taken, but not in production', async () => {
    const first = listenerFor({ METRICS_PORT: String(await freePort()) });
    await first.start();
    const METRICS_PORT = String(first.port);
    const second = listenerFor({ METRICS_PORT });
    await second.start();
    expect(second.port).toBeNull();
    await expect(listenerFor({ METRICS_PORT, NODE_ENV: 'production', PUBLIC_URL: 'https://id.example.test' }).start()).rejects.toThrow(`METRICS_PORT ${METRICS_PORT} cannot be listened on (EADDRINUSE)`);
    await first.onApplicationShutdown();
  });
});
