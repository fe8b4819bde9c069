import { afterEach, describe, expect, it } from '@jest/globals';
import { createLikenessClient } from '../../clients/typescript/src/index.js';

const SERVICE = 'http://127.0.0.1:3000';

describe('the TypeScript client behind a proxy that weakens ETags', () => {
  it.each([
    ['W/"3"', '"3"'],
    ['"3"', '"3"'],
    ['"1", W/"2" ,W/"3"', '"1", "2" ,"3"'],
    ['"W/"', '"W/"'],
    ['*', '*'],
  ])('sends %s as %s, which If-Match can meet', async (held, sent) => {
    const asked: Request[] = [];
    const send = async (request: Request): Promise<Response> => (asked.push(request), Response.json({}));
    const likeness = createLikenessClient({ baseUrl: SERVICE, transport: 'body', fetch: send });
    await likeness.api.PATCH('/v1/users/me', { body: { displayName: 'Ada' }, headers: { 'if-match': held } });
    await likeness.uploadAvatar(new Blob(['x']), { ifMatch: held });
    expect(asked.map(({ headers }) => headers.get('if-match'))).toEqual([sent, sent]);
    likeness.close();
  });
});

describe('the TypeScript client with cookies in a page', () => {
  const scope = globalThis as { location?: { readonly href: string } };
  const { warn } = console;
  afterEach(() => {
    delete scope.location;
    console.warn = warn;
  });

  const warningsOf = (page: string, baseUrl: string, transport: 'cookie' | 'body' = 'cookie'): string[] => {
    const warnings: string[] = [];
    console.warn = (message: string) => void warnings.push(message);
    scope.location = { href: page };
    createLikenessClient({ baseUrl, transport, openChannel: () => null }).close();
    return warnings;
  };

  it.each([
    ['http://localhost:5173/', 'http://127.0.0.1:3000'],
    ['http://127.0.0.1:5173/', 'http://localhost:3000'],
    ['http://[::1]:5173/', 'http://localhost:3000'],
    ['http://10.0.0.1/', 'http://10.0.0.2'],
    ['http://app.example.org/', 'https://id.example.org'],
    ['https://app.example.org/', 'https://id.example.com'],
  ])('says that no cookie goes from %s to %s', (page, service) => {
    const [warning, ...more] = warningsOf(page, service);
    expect(warning).toContain(`this page (${new URL(page).origin}) and the service (${new URL(service).origin}) are of different sites`);
    expect(more).toEqual([]);
    expect(warningsOf(page, service, 'body')).toEqual([]);
  });

  it.each([
    ['http://localhost:5173/', 'http://localhost:3000'],
    ['http://127.0.0.1:5173/', 'http://127.0.0.1:3000'],
    ['https://app.example.org/', 'https://id.example.org'],
    ['https://example.org/', 'https://id.example.org/people'],
    ['https://app.example.org/deep/page', '/'],
  ])('says nothing where one does: from %s to %s', (page, service) => {
    expect(warningsOf(page, service)).toEqual([]);
  });
});
