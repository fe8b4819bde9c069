/**
 * Runs one pass of background work at a time, and never loses a wake-up: every call of `wake` is followed by a pass that begins after it.
 * Any number of calls while a pass runs share the next one.
 */
export class WorkerLoop {
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isWanted = false;
  private isStopped = false;

  /**
   * `pass` does one round of work and resolves to true when there may be more: another pass follows at once. A failed pass goes to `onError`;
   * it is repeated by the next wake-up only.
   */
  constructor(
    private readonly pass: () => Promise<boolean>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Also wakes every `intervalMs` milliseconds, until `stop`. The timer doesn't keep the process alive. */
  wakeEvery(intervalMs: number): void {
    this.timer = setInterval(() => this.wake(), intervalMs).unref();
  }

  /** Returns at once. The pass begins in a later turn of the event loop. Does nothing after `stop`. */
  wake(): void {
    if (this.isStopped) return;
    this.isWanted = true;
    this.running ??= this.run();
  }

  /** Resolves when no pass runs or is wanted. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  /** Resolves when the current pass is over. A pass that was wanted but hasn't begun yet still runs; no other pass begins. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    do {
      this.isWanted = false;
      try {
        // Not `this.isWanted ||= await …`: that reads before it waits, and then overwrites a wake-up that came meanwhile.
        const isMore = await this.pass();
        if (isMore) this.isWanted = true;
      } catch (error) {
        this.onError(error);
      }
    } while (this.isWanted && !this.isStopped);
    // In the same turn as the last look at `isWanted`: a `finally` on this promise would run later, and a wake-up in between would be lost.
    this.running = null;
  }
}
