// Operations as they happen, handed to the checker batch by batch.

const KEPT_SERIALS = 50_000;

export class Recorder {
  constructor() {
    this.open = new Set();
    this.finished = [];
    this.answers = {};
    /** Which picture was put under which digest. */
    this.serialOf = new Map();
  }

  /** Milliseconds, monotonic, the same clock for everything. */
  now() {
    return performance.now();
  }

  begin() {
    const ticket = { start: this.now() };
    this.open.add(ticket);
    return ticket;
  }

  finish(ticket, operation) {
    this.open.delete(ticket);
    this.add(operation);
  }

  add(operation) {
    this.finished.push(operation);
  }

  countAnswer(what) {
    this.answers[what] = (this.answers[what] ?? 0) + 1;
  }

  learnSerial(digest, serial) {
    this.serialOf.set(digest, serial);
    if (this.serialOf.size > KEPT_SERIALS) this.serialOf.delete(this.serialOf.keys().next().value);
  }

  /** What has finished by now, and when the oldest of what has not was begun. */
  drain() {
    const operations = this.finished;
    this.finished = [];
    let oldestStart = this.now();
    for (const { start } of this.open) oldestStart = Math.min(oldestStart, start);
    return { operations, oldestStart };
  }
}
