import type { FastifyInstance, FastifyRequest } from 'fastify';
import { networkOf } from '../../addresses/index.js';
import { frameworkError } from '../problems/framework.errors.js';
import { requestMeta } from '../request/request-meta.js';

/** How many bodies of one address may be refused within a minute, by each instance. */
export const MAX_REFUSED_BODIES = 300;
const WINDOW_MS = 60_000;
/** So many addresses are told apart within a minute; those beyond are counted as one. */
const MAX_NETWORKS = 10_000;
const ALL_OTHERS = '';

/** To read and refuse a body is work that nothing else counts: no account and no token is tried. */
const REFUSALS = new Set([400, 413, 415]);

const addressOf = (request: FastifyRequest): string => requestMeta(request).ipAddress ?? '';

/** Refused bodies by address, forgotten together each minute: a refusal leaves nothing behind. */
class RefusedBodies {
  private readonly counts = new Map<string, number>();
  private since = performance.now();

  add(address: string): void {
    const network = this.keyOf(address);
    this.counts.set(network, (this.counts.get(network) ?? 0) + 1);
  }

  /** Seconds until more are looked at; 0: now. */
  secondsToWait(address: string): number {
    const ageMs = performance.now() - this.since;
    if (ageMs >= WINDOW_MS) {
      this.counts.clear();
      this.since = performance.now();
      return 0;
    }
    return (this.counts.get(this.keyOf(address)) ?? 0) < MAX_REFUSED_BODIES ? 0 : Math.max(1, Math.ceil((WINDOW_MS - ageMs) / 1_000));
  }

  private keyOf(address: string): string {
    const network = networkOf(address);
    return this.counts.size < MAX_NETWORKS || this.counts.has(network) ? network : ALL_OTHERS;
  }
}

/**
 * On routes that anyone may call, an address whose bodies were refused too often gets 429 before its next one is read. Kept in memory: to ask a
 * store would cost more than the body does.
 */
export const countRefusedQuestions = (server: FastifyInstance): void => {
  const refused = new RefusedBodies();
  const isCounted = ({ method, routeOptions }: FastifyRequest): boolean => method === 'POST' && routeOptions.config?.isPublic === true;
  server.addHook('onRequest', (request, _reply, done) => {
    const seconds = isCounted(request) ? refused.secondsToWait(addressOf(request)) : 0;
    if (seconds === 0) done();
    else done(frameworkError('request.rate_limited', undefined, { 'Retry-After': String(seconds) }));
  });
  server.addHook('onResponse', (request, { statusCode }, done) => {
    if (REFUSALS.has(statusCode) && isCounted(request)) refused.add(addressOf(request));
    done();
  });
};
