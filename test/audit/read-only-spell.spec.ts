import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditEvents } from '../../src/kernel/audit/audit-events.repository.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { eventually } from '../kit/eventually.js';
import { describeOnBothShapes, startService, type TestService } from '../kit/service.js';

interface Event {
  readonly action: string;
  readonly createdAt: string;
}

describeOnBothShapes('the audit log of a database that is read-only for a while', (shape) => {
  let service: TestService;
  let admin: RegisteredUser;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '0' });
    admin = await registerUser(service.api);
    owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await service.stop();
  });

  const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
    const name = new URL(service.databaseUrl).pathname.slice(1);
    await owner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
    if (value === 'off') return;
    await owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    await eventually('writes are refused', async () => (await registerUser(service.api).catch(() => null)) === null);
  };
  const logIn = (password: string): Promise<ApiAnswer> => service.api.post('/v1/auth/login', { identifier: admin.email, password });
  const metric = async (name: string): Promise<number> => {
    const { values } = await service.api.app.get(Metrics).registry.getSingleMetric(`likeness_${name}`)!.get();
    return values[0]?.value ?? 0;
  };
  const eventsAfter = async (since: string): Promise<Event[]> => {
    const { body } = await service.api.get('/v1/audit-events?limit=200', { token: admin.token });
    return (body.items as Event[]).filter(({ createdAt }) => createdAt > since).reverse();
  };

  it('keeps what happens meanwhile, and has it afterwards', async () => {
    await eventually('the beginning is written', async () => (await eventsAfter('')).some(({ action }) => action === 'session.started'));
    const start = (await eventsAfter('')).at(-1)!.createdAt;
    await setReadOnly('on');
    expect((await logIn('not this one')).body.code).toBe('auth.invalid_credentials');
    const { status, body } = await logIn(admin.password);
    // Where sessions are rows, none can begin: nothing happened that could be lost.
    expect(status).toBe(shape === 'PostgreSQL alone' ? 503 : 200);
    if (status === 200) expect((await service.api.post('/v1/auth/logout', undefined, { token: body.accessToken })).status).toBe(204);
    const happened = shape === 'PostgreSQL alone' ? ['login.failed'] : ['login.failed', 'session.started', 'session.ended'];
    expect(await eventually('they wait', async () => (await metric('audit_events_waiting')) === happened.length)).toBe(true);
    await setReadOnly('off');
    const events = await eventually('they are written', async () => ((await metric('audit_events_waiting')) === 0 ? eventsAfter(start) : null));
    expect(events!.map(({ action }) => action)).toEqual(happened);
    expect(await metric('audit_events_lost_total')).toBe(0);
  });

  it('has an event once whose answer was lost, so that it was sent again, with the time at which it happened', async () => {
    const events = service.api.app.get(AuditEvents, { strict: false });
    const entry = { id: '0193a3c0-0000-7000-8000-00000000cafe', action: 'login.failed', subjectId: null, actorKind: 'anyone', actorId: null, ipAddress: null, requestId: null, details: {} } as const;
    const anHourAgo = async (): Promise<Date> => (await owner.query<{ at: Date }>(`SELECT clock_timestamp() - interval '1 hour' AS at`)).rows[0]!.at;
    const before = await anHourAgo();
    for (const ageMs of [3_600_000, 0]) await events.appendAlone([{ ...entry, ageMs }]);
    const { rows } = await owner.query<{ at: Date }>('SELECT created_at AS at FROM audit_events WHERE id = $1', [entry.id]);
    expect(rows).toHaveLength(1);
    expect(rows[0]!.at.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(rows[0]!.at.getTime()).toBeLessThanOrEqual((await anHourAgo()).getTime());
  });
});
