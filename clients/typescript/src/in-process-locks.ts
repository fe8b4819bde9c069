import type { Locks } from './platform.js';

/** One at a time by name within this process, where the platform has no Web Locks (Node.js before 24). */
class InProcessLocks implements Locks {
  private readonly last = new Map<string, Promise<unknown>>();

  async request<T>(name: string, { ifAvailable = false }: { readonly ifAvailable?: boolean }, work: (lock: unknown) => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    if (before && ifAvailable) return work(null);
    const mine = (before ?? Promise.resolve()).then(() => work({ name }));
    const settled = mine.then(noop, noop);
    this.last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === settled) this.last.delete(name);
    }
  }
}

const noop = (): void => undefined;

/** Shared by all clients of the process. */
export const inProcessLocks: Locks = new InProcessLocks();
