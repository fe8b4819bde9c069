import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { ClientAddresses } from '../../addresses/index.js';
import { addClientAddresses } from '../request/request-meta.js';
import { countRefusedQuestions, MAX_REFUSED_BODIES } from './refused-questions.js';

describe('refused bodies', () => {
  let server: FastifyInstance;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    server = Fastify();
    addClientAddresses(server, new ClientAddresses([]));
    countRefusedQuestions(server);
    const answer = async ({ body }: { body: unknown }): Promise<never> => Promise.reject(Object.assign(new Error('no'), { statusCode: (body as { status: number }).status }));
    server.post('/public', { config: { isPublic: true } } as object, answer);
    server.post('/private', answer);
    server.put('/public', { config: { isPublic: true } } as object, answer);
  });
  afterEach(async () => {
    await server.close();
    jest.restoreAllMocks();
  });

  const ask = async (remoteAddress: string, { status = 400, path = '/public', method = 'POST' } = {}) => {
    const { statusCode, headers } = await server.inject({ method, url: path, remoteAddress, payload: { status } });
    return { status: statusCode, retryAfter: headers['retry-after'] };
  };
  const exhaust = async (remoteAddress: string, asked: Parameters<typeof ask>[1] = {}): Promise<Set<number>> => {
    const seen = new Set<number>();
    for (let count = 0; count < MAX_REFUSED_BODIES; count += 1) seen.add((await ask(remoteAddress, asked)).status);
    return seen;
  };

  it.each([400, 413, 415])('are 300 a minute for one address: then it is told to wait for the rest of it (%i)', async (status) => {
    expect(await exhaust('192.0.2.1', { status })).toEqual(new Set([status]));
    nowMs += 20_500;
    expect(await ask('192.0.2.1')).toEqual({ status: 429, retryAfter: '40' });
    expect((await ask('192.0.2.2')).status).toBe(400);
    nowMs += 39_500;
    expect((await ask('192.0.2.1')).status).toBe(400);
  });

  it('are counted by network of IPv6', async () => {
    await exhaust('2001:db8::1');
    expect([(await ask('2001:db8::ffff')).status, (await ask('2001:db8:0:1::1')).status]).toEqual([429, 400]);
  });

  it.each([{ status: 401 }, { status: 422 }, { path: '/private' }, { method: 'PUT' as const }])('are no other answers, and none elsewhere: %j', async (asked) => {
    await exhaust('192.0.2.1', asked);
    expect((await ask('192.0.2.1')).status).toBe(400);
  });
});
