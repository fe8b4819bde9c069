import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The request that something is done for, for those far below it who write down who did what. Only of methods that do something, and
 * switched off while none runs: Node before 24 slows every promise of the process by it.
 */
class ActingRequests {
  private readonly storage = new AsyncLocalStorage<FastifyRequest>();
  private readonly acting = new WeakSet<FastifyRequest>();
  private count = 0;

  /** Null outside of a request: the command line, and the service by itself. */
  get current(): FastifyRequest | null {
    return this.storage.getStore() ?? null;
  }

  compile(server: FastifyInstance): void {
    server.addHook('preHandler', (request, _reply, done) => {
      if (SAFE_METHODS.has(request.method)) return done();
      this.acting.add(request);
      this.count += 1;
      this.storage.run(request, done);
    });
    // When the handler has answered, whether or not the client is still there to hear it: hanging up makes nobody anonymous.
    server.addHook('onSend', (request, _reply, payload, done) => {
      if (this.acting.delete(request) && --this.count === 0) this.storage.disable();
      done(null, payload);
    });
  }
}

export const actingRequests = new ActingRequests();
