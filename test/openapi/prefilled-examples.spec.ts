import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBundledService, type BundledService } from '../kit/service.js';

interface Media {
  readonly schema: { readonly $ref?: string };
  readonly example?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean; readonly example?: unknown; readonly schema?: { readonly example?: unknown; readonly examples?: unknown } }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
}

/** What the reference at /docs sends when "Execute" is pressed and nothing else was touched. */
describe('the examples that /docs puts into its forms', () => {
  let service: BundledService;
  let document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>; readonly components: { readonly schemas: Readonly<Record<string, { readonly required?: readonly string[] }>> } };

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { RATE_LIMITS: 'off' });
    document = (await service.api.get('/openapi.json')).body;
  });
  afterAll(() => service.stop());

  const operations = (): [string, Operation][] =>
    Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]));
  const bodyOf = (name: string): Readonly<Record<string, unknown>> => operations().find(([found]) => found === name)![1].requestBody!.content['application/json']!.example!;

  it('have no field that may be left out, and of a patch one', () => {
    const found = operations().flatMap(([name, { requestBody }]) =>
      Object.entries(requestBody?.content ?? {}).filter(([type]) => type.endsWith('json')).flatMap(([, { schema, example }]) => {
        const required = document.components.schemas[schema.$ref!.split('/').at(-1)!]!.required ?? [];
        const expected = required.length > 0 ? [...required].sort() : requestBody!.required ? Object.keys(example ?? {}).slice(0, 1) : [];
        return JSON.stringify(Object.keys(example ?? { none: 0 }).sort()) === JSON.stringify(expected) ? [] : [`${name}: ${JSON.stringify(example)}`];
      }),
    );
    expect(found).toEqual([]);
  });

  it('have no header or query that may be left out', () => {
    const found = operations().flatMap(([name, { parameters = [] }]) =>
      parameters.filter(({ required, example, schema }) => !required && (example ?? schema?.example ?? schema?.examples) !== undefined).map((parameter) => `${name}: ${parameter.name}`),
    );
    expect(found).toEqual([]);
  });

  it('are taken as they stand, and again when they were corrected', async () => {
    const { api } = service;
    const registered = await api.post('/v1/auth/register', bodyOf('post /v1/auth/register'));
    expect(registered.status).toBe(201);
    expect((await api.post('/v1/auth/register', bodyOf('post /v1/auth/register'))).body.code).toBe('user.email_taken');
    expect((await api.post('/v1/auth/register', { ...bodyOf('post /v1/auth/register'), email: 'grace@example.org', username: 'grace' })).status).toBe(201);
    const token: string = registered.body.tokens.accessToken;
    const { id } = registered.body.user;
    const statuses = async (names: readonly string[]): Promise<[string, number][]> => {
      const answers: [string, number][] = [];
      for (const name of names) {
        const [method, path] = name.split(' ') as [string, string];
        answers.push([name, (await api.request(method.toUpperCase(), path.replace('{id}', id), { body: bodyOf(name), token })).status]);
      }
      return answers;
    };
    const made = ['post /v1/auth/api-keys', 'post /v1/users/{id}/tokens', 'post /v1/webhooks'];
    const changed = ['post /v1/auth/login', 'patch /v1/users/me', 'patch /v1/users/{id}', 'post /v1/users/lookup', 'post /v1/auth/logout-all'];
    expect(await statuses([...made])).toEqual(made.map((name) => [name, 201]));
    expect(await statuses(changed)).toEqual(changed.map((name) => [name, name.endsWith('logout-all') ? 204 : 200]));
  });
});
