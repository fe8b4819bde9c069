import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_REPORTED_FAULTS } from '../../src/kernel/errors/index.js';
import { startHttpApp, type HttpApp } from './http-app.js';
import { exchange } from './raw-exchange.js';

const fields = (count: number, name = 'f'): Record<string, number> => Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, 1]));
const nested = (depth: number): string => `{"lines":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('questions that are cheap to ask', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp();
  });
  afterAll(() => http.app.close());

  const send = async (body: unknown, path = '/things'): Promise<{ status: number; code: string; size: number; errors: { field: string; message: string }[] }> => {
    const response = await fetch(http.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await response.text();
    return { ...(JSON.parse(text) as { code: string; errors: [] }), status: response.status, size: text.length };
  };

  it.each<[string, unknown, number, string]>([
    ['28,000 unknown fields', fields(28_000, ''), 413, 'request.too_large'],
    ['1,000 unknown fields', fields(1_000), 400, 'request.too_complex'],
    ['an array of 1,000 items', { lines: Array(1_000).fill(1) }, 400, 'request.too_complex'],
    ['100 fields below another', { lines: [fields(50), fields(50)] }, 400, 'request.too_complex'],
    ['7,000 levels', nested(7_000), 400, 'request.too_complex'],
    ['17 kB of JSON', { name: 'x'.repeat(17_000) }, 413, 'request.too_large'],
    ['17 kB of spaces', `{}${' '.repeat(17_000)}`, 413, 'request.too_large'],
  ])('are refused before anything is made of them: %s', async (_what, body, status, code) => {
    expect(await send(body)).toMatchObject({ status, code });
  });

  it('are answered in no more words for it', async () => {
    const answers = [await send(fields(60)), await send({ ['x'.repeat(15_000)]: 1 }), await send({ lines: Array(200).fill(1) }), await send({ [`${'x'.repeat(99)}😀`]: 1 })];
    for (const { status, code, size, errors } of answers) {
      expect([status, code]).toEqual([400, 'request.invalid']);
      expect(errors.length).toBeLessThanOrEqual(MAX_REPORTED_FAULTS);
      expect(Math.max(...errors.map(({ field, message }) => field.length + message.length))).toBeLessThan(310);
      expect(size).toBeLessThan(8_000);
    }
    expect(answers[3]!.errors.every(({ field }) => !/[\ud800-\udfff]/.test(field))).toBe(true);
  });

  it('are refused in a query of many parameters, or a long one', async () => {
    for (const query of ['a&'.repeat(70), `a=${'x'.repeat(5_000)}`]) {
      const response = await fetch(`${http.url}/things/list?${query}`);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([414, 'request.url_too_long']);
    }
  });

  it('still say a wrong field by its name, and what __proto__ and twice the same key are', async () => {
    expect((await send({ email: 'a@b.test', nonsense: 1 })).errors).toEqual([{ field: 'nonsense', code: 'unknown_field', message: 'property nonsense should not exist' }]);
    expect(await send('{"__proto__":{"a":1}}')).toMatchObject({ status: 400, code: 'request.malformed_json' });
    expect((await fetch(`${http.url}/things`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"email":"x","email":"a@b.test"}' })).status).toBe(201);
  });
});

describe('bodies that are none', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp();
  });
  afterAll(() => http.app.close());

  it.each(['application/x-www-form-urlencoded', 'text/plain;charset=UTF-8', 'application/merge-patch+json', 'application/json', 'nonsense', ''])('are of no type, whatever is declared (%s)', async (type) => {
    const head = `DELETE /things HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\nconnection: close\r\n`;
    expect((await exchange(http.port, `${head}content-length: 0\r\n\r\n`)).status).toBe(204);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/json'])('may come in chunks (%s)', async (type) => {
    const head = `DELETE /things HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n`;
    expect((await exchange(http.port, `${head}0\r\n\r\n`)).status).toBe(204);
    if (type !== 'application/json') expect((await exchange(http.port, `${head}3\r\nabc\r\n0\r\n\r\n`)).status).toBe(415);
  });

  it.each(['/things', '/things/upload'])('that are compressed are refused, and it is said what is taken (%s)', async (path) => {
    const response = await fetch(http.url + path, { method: path === '/things' ? 'POST' : 'PUT', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: 'zipped' });
    expect([response.status, ((await response.json()) as { code: string }).code, response.headers.get('accept-encoding')]).toEqual([415, 'request.unsupported_media_type', 'identity']);
  });

  it('may say that they are not compressed', async () => {
    const response = await fetch(`${http.url}/things`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-encoding': 'identity' }, body: '{"email":"a@b.test"}' });
    expect(response.status).toBe(201);
  });
});
