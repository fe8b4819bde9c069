import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createLikenessClient } from '../../clients/typescript/src/index.js';
import { describeOnBothShapes, startService, type TestService } from '../kit/service.js';

const PASSWORD = 'correct horse battery';

describeOnBothShapes('the TypeScript client', (shape) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('registers, reads, uploads, lists sessions and signs out', async () => {
    const reasons: string[] = [];
    const likeness = createLikenessClient({ baseUrl: service.api.url, transport: 'body', onSignedOut: (reason) => reasons.push(reason) });
    const tag = randomUUID().slice(0, 13);
    const registered = await likeness.register({ email: `${tag}@example.test`, username: `u${tag}`, password: PASSWORD });
    expect(registered.data?.user.username).toBe(`u${tag}`);
    const me = await likeness.api.GET('/v1/users/me');
    expect(me.data?.id).toBe(registered.data?.user.id);
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');
    const uploaded = await likeness.uploadAvatar(new Blob([png]), { crop: { x: 0, y: 0, size: 1 } });
    expect(uploaded.error).toBeUndefined();
    const raw = await likeness.uploadAvatar(new Blob([png]));
    expect(raw.data?.kind).toBe('uploaded');
    const sessions = await likeness.api.GET('/v1/auth/sessions');
    expect(sessions.data?.items.map(({ id }) => id)).toEqual([likeness.session.current?.sessionId]);
    expect((await likeness.signOut()).response.status).toBe(204);
    expect([likeness.session.current, reasons]).toEqual([null, ['auth.session_ended']]);
  });
});
