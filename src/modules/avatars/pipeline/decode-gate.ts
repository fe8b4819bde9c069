import { avatarBusy } from '../avatars.errors.js';

/** Lets so many tasks run at once and so many more wait, in order; beyond that it refuses with `avatar.busy` (503). */
export class DecodeGate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly queueLimit: number,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.concurrency) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.queueLimit) throw avatarBusy();
    await new Promise<void>((resolve) => this.waiting.push(resolve)); // leave() hands its place over
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
