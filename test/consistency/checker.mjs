// The promise, checked on a recorded history. What was really committed is known version by version (a trigger in the database writes it
// down); an operation observed something of one user, between its start and its end, by one monotonic clock.
//
// A read is right when what it saw is some committed version that is not older than any write acknowledged before it started (else: stale)
// and not older than anything read before it started (else: a regression). What no version ever was is mixed or never committed.

const KEPT_VERSIONS = 400;
const KEPT_OPERATIONS = 60;
const KEPT_VIOLATIONS = 100;

/** What may be seen of a version: whichever of these an operation names must be as the version has it. */
const FACETS = ['version', 'name', 'digest', 'isAdmin', 'isDisabled', 'isGenerated', 'isGone'];

const agrees = (state, seen) => FACETS.every((facet) => seen[facet] === undefined || seen[facet] === state[facet]);

export class UserHistory {
  constructor(id) {
    this.id = id;
    /** Committed states, by ascending version, without gaps. */
    this.states = [];
    /** `{end, acked, seen}`: the highest versions acknowledged and seen by operations that ended then or before; ascending. */
    this.marks = [];
    this.recent = [];
  }

  get latest() {
    return this.states.at(-1)?.version ?? 0;
  }

  /** False when the version is not the next one. */
  commit(state) {
    const isNext = this.states.length === 0 || state.version === this.latest + 1;
    this.states.push(state);
    return isNext;
  }

  /** What was known before this moment. */
  before(time) {
    let low = 0;
    let high = this.marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.marks[middle].end < time) low = middle + 1;
      else high = middle;
    }
    return this.marks[low - 1] ?? { end: -Infinity, acked: 0, seen: 0 };
  }

  mark(end, version, isAcked) {
    const last = this.marks.at(-1) ?? { acked: 0, seen: 0 };
    const next = { end, acked: Math.max(last.acked, isAcked ? version : 0), seen: Math.max(last.seen, version) };
    if (next.acked > last.acked || next.seen > last.seen) this.marks.push(next);
  }

  /** The oldest committed version from `floor` on that agrees. */
  firstFrom(floor, seen) {
    for (let index = this.indexOf(floor); index < this.states.length; index += 1) if (agrees(this.states[index], seen)) return this.states[index].version;
    return null;
  }

  /** The newest committed version below `floor` that agrees. */
  lastBelow(floor, seen) {
    for (let index = Math.min(this.indexOf(floor), this.states.length) - 1; index >= 0; index -= 1) if (agrees(this.states[index], seen)) return this.states[index].version;
    return null;
  }

  indexOf(version) {
    return this.states.length === 0 ? 0 : Math.max(0, version - this.states[0].version);
  }

  remember(operation) {
    this.recent.push(operation);
    if (this.recent.length > KEPT_OPERATIONS) this.recent.shift();
  }

  /** Forgets what no operation that started at `oldestStart` or later can need. */
  trim(oldestStart) {
    let drop = 0;
    while (drop + 1 < this.marks.length && this.marks[drop + 1].end < oldestStart) drop += 1;
    if (drop > 0) this.marks.splice(0, drop);
    if (this.states.length > 2 * KEPT_VERSIONS) this.states.splice(0, this.states.length - KEPT_VERSIONS);
  }
}

/**
 * Takes commits and finished operations; batch by batch, so that memory stays bounded. An operation:
 * `{user, kind, instance, start, end, outcome: 'ok'|'refused'|'unknown', isWrite, seen, wrote}`; `wrote`: facets that only this write makes so.
 */
export class Checker {
  constructor() {
    this.users = new Map();
    this.violations = [];
    this.counts = { reads: 0, writesAcknowledged: 0, writesRefused: 0, writesUnknown: 0, readsFailed: 0, violations: {} };
  }

  historyOf(userId) {
    let history = this.users.get(userId);
    if (!history) this.users.set(userId, (history = new UserHistory(userId)));
    return history;
  }

  commit(userId, state) {
    const history = this.historyOf(userId);
    if (!history.commit(state)) this.report('gap', { user: userId, seen: state }, history, `version ${state.version} was committed after ${history.states.at(-2)?.version}`);
  }

  /** Operations that have ended, in any order; everything they can have seen has been committed to the checker before. `oldestStart`: of those that have not ended. */
  take(operations, oldestStart = Infinity) {
    const sorted = [...operations].sort((one, other) => one.end - other.end);
    for (const operation of sorted) this.check(operation);
    for (const history of this.users.values()) history.trim(oldestStart);
  }

  check(operation) {
    const history = this.historyOf(operation.user);
    history.remember(operation);
    if (operation.fault) this.report(operation.fault.kind, operation, history, operation.fault.text);
    if (operation.outcome === 'ok') this.checkSuccess(operation, history);
    else if (!operation.isWrite) this.counts.readsFailed += 1;
    else if (operation.outcome === 'refused') this.checkRefusal(operation, history);
    else this.counts.writesUnknown += 1;
  }

  checkSuccess(operation, history) {
    this.counts[operation.isWrite ? 'writesAcknowledged' : 'reads'] += 1;
    if (!operation.seen) return;
    const known = history.before(operation.start);
    const floor = Math.max(known.acked, known.seen);
    const version = history.firstFrom(floor, operation.seen);
    if (version !== null) {
      history.mark(operation.end, version, operation.isWrite);
      return;
    }
    const older = history.lastBelow(floor, operation.seen);
    const saw = JSON.stringify(operation.seen);
    if (operation.isWrite) this.report('lost', operation, history, `acknowledged, but no version from ${floor} to ${history.latest} has ${saw}`);
    else if (older === null) this.report('mixed', operation, history, `no version up to ${history.latest} ever had ${saw}`);
    else if (older < known.acked) this.report('stale', operation, history, `saw version ${older}, though ${known.acked} was acknowledged before it started`);
    else this.report('regression', operation, history, `saw version ${older}, though ${known.seen} was read before it started`);
  }

  /** "Nothing was changed" must be so. */
  checkRefusal(operation, history) {
    this.counts.writesRefused += 1;
    if (!operation.wrote) return;
    const version = history.firstFrom(0, operation.wrote);
    if (version !== null) this.report('refused but done', operation, history, `it was answered that nothing was changed, but version ${version} has it`);
  }

  /** With nobody writing and nothing broken, everybody sees the last version. */
  checkQuiet(operation) {
    const history = this.historyOf(operation.user);
    if (operation.outcome === 'ok' && !agrees(history.states.at(-1) ?? {}, operation.seen)) {
      this.report('stuck', operation, history, `all is quiet, the last version is ${history.latest}, and it saw ${JSON.stringify(operation.seen)}`);
    }
  }

  report(kind, operation, history, text) {
    this.counts.violations[kind] = (this.counts.violations[kind] ?? 0) + 1;
    if (this.violations.length >= KEPT_VIOLATIONS) return;
    this.violations.push({ kind, text, operation, operations: [...history.recent], states: history.states.slice(-20) });
  }

  get violationCount() {
    return Object.values(this.counts.violations).reduce((sum, count) => sum + count, 0);
  }
}
