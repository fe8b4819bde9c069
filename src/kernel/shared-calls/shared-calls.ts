interface Flight<T> {
  readonly running: Promise<T>;
  next: Promise<T> | null;
}

/**
 * Who asks the same while a call is under way shares one that begins when that has ended. So nobody gets an answer that was asked for before they
 * asked, and however many ask, two calls at most are wanted at a time.
 */
export class SharedCalls<T> {
  private readonly flights = new Map<string, Flight<T>>();

  ask(key: string, call: () => Promise<T>): Promise<T> {
    const flight = this.flights.get(key);
    if (!flight) return this.begin(key, call);
    const after = (): Promise<T> => this.begin(key, call);
    flight.next ??= flight.running.then(after, after);
    return flight.next;
  }

  private begin(key: string, call: () => Promise<T>): Promise<T> {
    // In a function of its own: a call that throws at once must not leave its key to a flight that never ends.
    const flight: Flight<T> = { running: (async () => call())(), next: null };
    this.flights.set(key, flight);
    const over = (): void => {
      if (flight.next === null) this.flights.delete(key);
    };
    flight.running.then(over, over);
    return flight.running;
  }
}
