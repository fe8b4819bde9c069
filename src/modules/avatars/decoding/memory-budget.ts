interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** Admits work in the order it comes, as long as all of it together stays within so many bytes. What needs more than that is admitted alone. */
export class MemoryBudget {
  private readonly waiting: Waiting[] = [];
  private used = 0;
  private running = 0;

  constructor(private readonly maxBytes: number) {}

  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.fits(bytes)) await new Promise<void>((resolve) => this.waiting.push({ bytes, enter: resolve }));
    else this.enter(bytes);
    try {
      return await work();
    } finally {
      this.used -= bytes;
      this.running -= 1;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && this.fits(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.enter(next.bytes);
      next.enter();
    }
  }

  private fits(bytes: number): boolean {
    return this.running === 0 || this.used + bytes <= this.maxBytes;
  }

  private enter(bytes: number): void {
    this.used += bytes;
    this.running += 1;
  }
}
