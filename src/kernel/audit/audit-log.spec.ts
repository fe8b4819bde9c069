import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { AppConfig } from '../config/index.js';
import { serviceUnavailable } from '../errors/index.js';
import { Metrics } from '../metrics/index.js';
import type { AuditEvents, LateEntry } from './audit-events.repository.js';
import { AuditLog, MAX_WAITING, MAX_WAITING_FAILURES } from './audit-log.service.js';

for (const level of ['warn', 'error'] as const) jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);

/** A log whose store fails by `failure` until that is null. */
const logOn = (failure: Error | null) => {
  const store = { failure, written: [] as LateEntry[], attempts: 0 };
  const appendAlone = async (entries: readonly LateEntry[]): Promise<void> => {
    store.attempts += 1;
    if (store.failure) throw store.failure;
    store.written.push(...entries);
  };
  const metrics = new Metrics();
  let id = 0;
  const log = new AuditLog({ appendAlone } as unknown as AuditEvents, { next: () => String((id += 1)) }, {} as AppConfig, metrics);
  const lost = async (): Promise<number> => (await metrics.registry.getSingleMetric('likeness_audit_events_lost_total')!.get()).values[0]?.value ?? 0;
  return { log, store, lost };
};

const started = { action: 'session.started', subjectId: null } as const;
const failed = { action: 'login.failed', subjectId: null } as const;

describe('AuditLog', () => {
  it('keeps a bounded number of events while the database is away, failed logins half of it, and counts the rest as lost', async () => {
    const { log, store, lost } = logOn(serviceUnavailable());
    for (let count = 0; count < MAX_WAITING_FAILURES + 3; count += 1) log.note(failed);
    for (let count = 0; count < MAX_WAITING - MAX_WAITING_FAILURES + 2; count += 1) log.note(started);
    await log.flush();
    expect([store.written.length, await lost()]).toEqual([0, 5]);
    store.failure = null;
    await log.flush();
    expect([store.written.length, store.written.filter(({ action }) => action === 'login.failed').length, await lost()]).toEqual([MAX_WAITING, MAX_WAITING_FAILURES, 5]);
    expect(new Set(store.written.map(({ id }) => id)).size).toBe(MAX_WAITING);
    log.onApplicationShutdown();
  });

  it('tells how long an event has waited', async () => {
    const { log, store } = logOn(serviceUnavailable());
    const before = performance.now();
    log.note(started);
    const noted = performance.now();
    await log.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
    store.failure = null;
    const again = performance.now();
    await log.flush();
    const [{ ageMs }] = store.written as [LateEntry];
    expect(ageMs).toBeGreaterThanOrEqual(again - noted);
    expect(ageMs).toBeLessThanOrEqual(performance.now() - before);
  });

  it('does not ask a database that is away again for each event', async () => {
    const { log, store } = logOn(serviceUnavailable());
    log.note(started);
    await log.flush();
    const { attempts } = store;
    for (let count = 0; count < 100; count += 1) log.note(started);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(store.attempts).toBe(attempts);
    log.onApplicationShutdown();
  });

  it('loses a batch that the database refuses for good, and goes on with the next', async () => {
    const { log, store, lost } = logOn(new Error('a row that no table takes'));
    log.note(started);
    await log.flush();
    expect(await lost()).toBe(1);
    store.failure = null;
    log.note(failed);
    await log.flush();
    expect([store.written.map(({ action }) => action), await lost()]).toEqual([['login.failed'], 1]);
  });

  it('counts as lost what still waits when the service ends', async () => {
    const { log, lost } = logOn(serviceUnavailable());
    log.note(started);
    await log.beforeApplicationShutdown();
    log.onApplicationShutdown();
    expect(await lost()).toBe(1);
  });
});
