/** A crowd beyond this is turned away rather than remembered. */
const MAX_WAITING = 1_000;
/** For those who came in one crowd; who comes later is counted anew. */
const SHUT_MS = 1_000;

/**
 * Attempts of one subject on this instance. Only as many run at once as the limit has points; who comes next waits for an
 * outcome, because many right passwords at once are no attack, and many wrong ones get no more tries than they have points.
 */
export class AttemptGate {
  private inside = 0;
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly watchers = new Set<() => void>();
  private refusal: { readonly error: Error; readonly until: number } | null = null;

  constructor(private readonly size: number) {}

  get isIdle(): boolean {
    return this.inside === 0 && this.queue.length === 0;
  }

  /** The refusal that one before got, for those who waited with it. */
  get shut(): Error | null {
    return this.refusal && performance.now() < this.refusal.until ? this.refusal.error : null;
  }

  /** False when too many wait already. */
  async enter(): Promise<boolean> {
    if (this.inside < this.size) {
      this.inside += 1;
      return true;
    }
    if (this.queue.length >= MAX_WAITING) return false;
    // The place is handed over: `inside` stays.
    await new Promise<void>((resolve) => this.queue.push(resolve));
    return true;
  }

  leave(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.inside -= 1;
  }

  shutWith(error: Error): void {
    this.refusal = { error, until: performance.now() + SHUT_MS };
  }

  start(): void {
    this.running += 1;
  }

  /** An attempt has come to its end; after a success the others may try again. */
  settle(isSuccess: boolean): void {
    this.running -= 1;
    if (isSuccess) this.refusal = null;
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
  }

  /** Resolves when a running attempt has ended: true; false at once when none runs. */
  async outcome(): Promise<boolean> {
    if (this.running === 0) return false;
    await new Promise<void>((resolve) => this.watchers.add(resolve));
    return true;
  }
}
