/** The process's wall clock, for what no store decides. Token lifetimes never depend on it. */
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }
}
