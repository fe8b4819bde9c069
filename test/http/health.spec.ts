import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TerminusModule } from '@nestjs/terminus';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HealthController } from '../../src/kernel/health/health.controller.js';
import { NotReadyError, ReadinessRegistry, type ReadinessCheck } from '../../src/kernel/health/index.js';
import { ReadinessService } from '../../src/kernel/health/readiness.service.js';
import { ServiceAdapter, setupHttp } from '../../src/kernel/http/index.js';
import { httpConfig } from './http-app.js';

describe('readiness', () => {
  let app: NestFastifyApplication;
  let checks: Record<string, ReadinessCheck>;

  beforeAll(async () => {
    class HealthOnlyModule {}
    Module({
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [ReadinessRegistry, ReadinessService],
    })(HealthOnlyModule);
    app = await NestFactory.create<NestFastifyApplication>(HealthOnlyModule, new ServiceAdapter(httpConfig()), { logger: false, abortOnError: false });
    setupHttp(app, httpConfig());
    await app.listen(0, '127.0.0.1');
    const registry = app.get(ReadinessRegistry);
    for (const name of ['database', 'redis']) registry.register(name, () => checks[name]!());
  });

  afterAll(() => app.close());

  beforeEach(() => {
    checks = { database: () => Promise.resolve({ status: 'up' }), redis: () => Promise.resolve({ status: 'up' }) };
  });

  const ready = async (): Promise<{ status: number; headers: Record<string, unknown>; body: Record<string, unknown> }> => {
    const answer = await fetch(`${await app.getUrl()}/health/ready`);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: (await answer.json()) as Record<string, unknown> };
  };

  it('is 200 when all is up', async () => {
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok', error: {} }, headers: { 'cache-control': 'no-store' } });
  });

  it('is 200 with the warning in the body', async () => {
    checks['redis'] = () => Promise.resolve({ status: 'warning', message: 'no append-only file' });
    expect(await ready()).toMatchObject({ status: 200, body: { details: { redis: { status: 'degraded', message: 'no append-only file' } } } });
  });

  it('is a problem that names what fails, and never why in the words of a driver', async () => {
    checks['database'] = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:5432'));
    checks['redis'] = () => Promise.reject(new NotReadyError('maxmemory-policy is allkeys-lru'));
    const answer = await ready();
    expect(answer).toMatchObject({
      status: 503,
      body: { status: 503, code: 'service.not_ready', detail: 'Not ready: database, redis.', instance: answer.headers['x-request-id'], error: { database: { status: 'down' }, redis: { status: 'down', message: 'maxmemory-policy is allkeys-lru' } } },
      headers: { 'retry-after': '1', 'cache-control': 'no-store', 'content-type': expect.stringMatching(/^application\/problem\+json/) },
    });
    expect(JSON.stringify(answer.body)).not.toContain('10.0.0.1');
  });

  it('waits for nobody longer than its limit, and for all at once', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    checks = { database: never, redis: never };
    const since = performance.now();
    const answer = await ready();
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(Object.keys(answer.body['error'] as object)).toEqual(['database', 'redis']);
  });

  it('has one check of a name', () => {
    expect(() => app.get(ReadinessRegistry).register('redis', () => Promise.resolve({ status: 'up' }))).toThrow(/twice/);
  });
});
