/** Who waits, and how urgent it is. */
export interface Turn {
  /** Those who share one share a place in the round: a network address, in most cases. Empty: nobody in particular, who has no limit of its own. */
  readonly caller: string;
  /** 0 goes first. */
  readonly rank: number;
}

export interface FairLineLimits {
  /** How many may wait in all. */
  readonly waiting: number;
  /** How many of one caller may wait. */
  readonly waitingPerCaller: number;
}

interface Waiter {
  readonly start: () => void;
  readonly refuse: (reason: Error) => void;
}

/** Waiters by caller. The order of the map is the round: who was served goes to its end. */
type Round = Map<string, Waiter[]>;

/** After so many turns of lower ranks in a row a higher one has its turn, so that a flood of urgent work does not stop the rest for ever. */
const TURNS_BEFORE_THE_REST = 8;

/**
 * A bounded line in which nobody waits for another's crowd: lower ranks go first, and within a rank callers are served in turn, each in the order in
 * which it came. Whoever asks for too much is refused, not those who come after: a full line takes a newcomer who waits for less than the
 * greediest, and refuses the last of the greediest in its place.
 */
export class FairLine {
  private readonly rounds = new Map<number, Round>();
  private readonly waitingOf = new Map<string, number>();
  private waiting = 0;
  private urgentTurns = 0;

  constructor(
    private readonly limits: FairLineLimits,
    private readonly refusal: () => Error,
  ) {}

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** Resolves when it is the caller's turn. Rejects with the refusal where the caller has too many waiting, or too many wait in all. */
  async wait(turn: Turn): Promise<void> {
    this.makeRoomFor(turn);
    await new Promise<void>((start, refuse) => this.add(turn, { start, refuse }));
  }

  /** Lets the next one go; not when nobody waits. */
  release(): void {
    if (this.isEmpty) return;
    const rank = this.nextRank();
    const [caller] = this.rounds.get(rank)!.keys();
    this.take(rank, caller!, 'first').start();
  }

  private nextRank(): number {
    const ranks = [...this.rounds.keys()].sort((one, other) => one - other);
    this.urgentTurns = ranks.length > 1 ? this.urgentTurns + 1 : 0;
    if (this.urgentTurns <= TURNS_BEFORE_THE_REST) return ranks[0]!;
    this.urgentTurns = 0;
    return ranks.at(-1)!;
  }

  private add({ caller, rank }: Turn, waiter: Waiter): void {
    const round = this.rounds.get(rank) ?? new Map<string, Waiter[]>();
    this.rounds.set(rank, round);
    const own = round.get(caller) ?? [];
    round.set(caller, own);
    own.push(waiter);
    this.waitingOf.set(caller, (this.waitingOf.get(caller) ?? 0) + 1);
    this.waiting += 1;
  }

  /** Takes a caller's first or last waiter of a rank out; its next one waits behind all other callers. */
  private take(rank: number, caller: string, which: 'first' | 'last'): Waiter {
    const round = this.rounds.get(rank)!;
    const own = round.get(caller)!;
    const waiter = (which === 'first' ? own.shift() : own.pop())!;
    if (which === 'first' || own.length === 0) round.delete(caller);
    if (own.length > 0) round.set(caller, own);
    if (round.size === 0) this.rounds.delete(rank);
    const left = this.waitingOf.get(caller)! - 1;
    if (left === 0) this.waitingOf.delete(caller);
    else this.waitingOf.set(caller, left);
    this.waiting -= 1;
    return waiter;
  }

  private makeRoomFor({ caller }: Turn): void {
    const own = this.waitingOf.get(caller) ?? 0;
    if (caller !== '' && own >= this.limits.waitingPerCaller) throw this.refusal();
    if (this.waiting < this.limits.waiting) return;
    const [greediest, most] = [...this.waitingOf].reduce((found, each) => (each[1] > found[1] ? each : found), ['', 0]);
    if (most <= own + 1) throw this.refusal();
    const rank = Math.max(...[...this.rounds].filter(([, round]) => round.has(greediest)).map(([each]) => each));
    this.take(rank, greediest, 'last').refuse(this.refusal());
  }
}
