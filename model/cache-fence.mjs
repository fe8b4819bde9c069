#!/usr/bin/env node
// The cache protocol of the users' entries (docs/decisions/0003-fenced-user-cache.md) as a model, and a search of every state that it can get into:
// two writers up to version 3, who may roll back or crash anywhere; two readers, who may be frozen or crash anywhere; any entry may expire at
// any moment; and, where a case says so, Redis comes back at any moment, empty or with what it had kept earlier.
//   stale: a read that started after a write was answered returns an older version. Must never be.
//   back: a read that started after another had ended returns an older version than that one, be it acknowledged or not. Looked for where a case
//   says so; there, readers may also read the database directly, as lists do.
//   stuck: with nobody writing, the cache holds an older value than the database. Must never be while Redis loses nothing.
// `node model/cache-fence.mjs` runs all cases and says whether each shows what it must; with the name of one it prints the shortest way there.
import { pathToFileURL } from 'node:url';

// --- the decisions of the protocol; test/consistency/model.spec.ts holds the store's scripts against these ----------------------------------
/** `entry`: null, `{kind: 'lease'}`, `{kind: 'tombstone', version}` or `{kind: 'value', version}`. A value is served; else the reader needs a marker. */
export const placesLease = (entry) => entry === null;
/** A fence replaces whatever is there; against another tombstone the higher version stays. */
export const fencedVersion = (entry, version) => (entry?.kind === 'tombstone' ? Math.max(entry.version, version) : version);
/** `holdsMarker`: the very marker that the reader met is still there. */
export const takesFill = (entry, holdsMarker, version) => holdsMarker && (entry.kind === 'lease' || (entry.kind === 'tombstone' && entry.version <= version));

// --- the cases --------------------------------------------------------------------------------------------------------------------------
/**
 * `probes`: when a reader that has missed learns whether a writer holds the row, from before its fence until after its commit: 'before' its snapshot of
 * the row is opened, only 'after' that (as in one statement), or never. While a writer holds it, what was read is answered and not kept.
 * `keepsFile`: Redis keeps a file and comes back with it; then 'nothing' in it is believed (it is another server's), 'markers' alone, or 'everything'.
 */
const PROTOCOL = { fencesBefore: true, fencesAfter: true, fills: 'by marker', probes: 'before', believes: 'nothing' };
const ANYTHING_LOST = { losesRedis: true, tombstonesMayEnd: true };
export const CASES = {
  'the protocol, nothing stuck': { ...PROTOCOL, looksForStuck: true, holds: true },
  'the protocol, nobody goes back': { ...PROTOCOL, looksForBack: true, holds: true },
  'the protocol, nobody goes back, Redis lost and tombstones gone at any moment': { ...PROTOCOL, ...ANYTHING_LOST, looksForBack: true, holds: true },
  // What the probe is for: between a commit whose fence Redis has lost and the second fence, some would see the new version and others the old one.
  'fills whoever holds the row, somebody goes back, Redis lost': { ...PROTOCOL, probes: 'never', looksForBack: true, losesRedis: true, holds: false },
  'fills whoever holds the row, somebody goes back, a tombstone shorter than a slow commit': { ...PROTOCOL, probes: 'never', looksForBack: true, tombstonesMayEnd: true, holds: false },
  'asks who holds the row in the statement that reads it, somebody goes back, Redis lost': { ...PROTOCOL, probes: 'after', looksForBack: true, losesRedis: true, holds: false },
  'fills whoever holds the row, acknowledged writes, Redis lost': { ...PROTOCOL, ...ANYTHING_LOST, probes: 'never', holds: true },
  // The probe and the second fence each keep acknowledged writes where the other is missing: instances of two releases may run side by side.
  'no fence after the commit': { ...PROTOCOL, ...ANYTHING_LOST, fencesAfter: false, holds: true },
  'no fence after the commit, fills whoever holds the row, Redis lost': { ...PROTOCOL, fencesAfter: false, probes: 'never', losesRedis: true, holds: false },
  'no fence after the commit, fills whoever holds the row, a tombstone shorter than a slow commit': { ...PROTOCOL, fencesAfter: false, probes: 'never', tombstonesMayEnd: true, holds: false },
  'no fence before the commit, a crash after it': { ...PROTOCOL, fencesBefore: false, looksForStuck: true, holds: false },
  'no fence': { ...PROTOCOL, fencesBefore: false, fencesAfter: false, holds: false },
  'a fill that compares versions': { ...PROTOCOL, fills: 'by version', tombstonesMayEnd: true, holds: false },
  'a fill that asks nothing': { ...PROTOCOL, fills: 'always', holds: false },
  'an older file, believed': { ...PROTOCOL, keepsFile: true, believes: 'everything', highest: 2, holds: false },
  'an older file, of which the markers are believed': { ...PROTOCOL, keepsFile: true, believes: 'markers', highest: 2, holds: false },
};

/** How far the writers go, where a case says nothing else. */
const HIGHEST = 3;
const IDLE = { at: 'idle' };
const START = { committed: 1, answered: 1, seen: 1, lockedBy: null, entry: { kind: 'value', version: 1 }, writers: [IDLE, IDLE], readers: [IDLE, IDLE] };

const replaceAt = (list, index, item) => list.map((each, at) => (at === index ? item : each));
/** Whatever takes the entry's place has a nonce of its own: nobody holds that marker. */
const withEntry = (state, entry) => ({ ...state, entry, readers: state.readers.map((reader) => (reader.holdsMarker ? { ...reader, holdsMarker: false } : reader)) });
const withFence = (state, version) => withEntry(state, { kind: 'tombstone', version: fencedVersion(state.entry, version) });
const withWriter = (state, index, writer) => ({ ...state, writers: replaceAt(state.writers, index, writer) });
const withReader = (state, index, reader) => ({ ...state, readers: replaceAt(state.readers, index, reader) });

function* writerSteps(state, index, rules) {
  const writer = state.writers[index];
  const { version } = writer;
  if (writer.at === 'idle' && state.lockedBy === null && state.committed < (rules.highest ?? HIGHEST)) {
    const next = { at: rules.fencesBefore ? 'updated' : 'fenced', version: state.committed + 1 };
    yield [`writer ${index} updates the row to ${next.version}`, { ...withWriter(state, index, next), lockedBy: index }];
  }
  if (writer.at === 'updated') yield [`writer ${index} fences ${version}`, withWriter(withFence(state, version), index, { ...writer, at: 'fenced' })];
  if (writer.at === 'fenced') yield [`writer ${index} commits ${version}`, { ...withWriter(state, index, { ...writer, at: 'committed' }), committed: version, lockedBy: null }];
  if (writer.at === 'updated' || writer.at === 'fenced') yield [`writer ${index} rolls back, or crashes`, { ...withWriter(state, index, IDLE), lockedBy: null }];
  if (writer.at === 'committed') {
    const fenced = rules.fencesAfter ? withFence(state, version) : state;
    yield [`writer ${index} ${rules.fencesAfter ? `fences ${version} again` : 'goes on'}`, withWriter(fenced, index, { ...writer, at: 'done' })];
    yield [`writer ${index} crashes after its commit`, withWriter(state, index, IDLE)];
  }
  if (writer.at === 'done') yield [`writer ${index} answers`, { ...withWriter(state, index, IDLE), answered: Math.max(state.answered, version) }];
}

const isFilled = (state, reader, rules) => {
  const { entry } = state;
  if (rules.fills === 'always') return true;
  if (rules.fills === 'by version') return entry?.kind !== 'value' && !(entry?.kind === 'tombstone' && entry.version > reader.version);
  return takesFill(entry, reader.holdsMarker, reader.version);
};

/** It will not fill, whatever is kept under its marker. */
const GIVEN_UP = { holdsMarker: false, heldInFile: false };
const readsRow = (state, index, next) => [`reader ${index} reads ${state.committed} from the database`, withReader(state, index, { ...next, version: state.committed })];

function* readerSteps(state, index, rules) {
  const reader = state.readers[index];
  if (reader.at === 'idle') {
    const { entry } = state;
    const since = rules.looksForBack ? Math.max(state.answered, state.seen) : state.answered;
    if (rules.looksForBack) yield [`reader ${index} reads ${state.committed} straight from the database`, withReader(state, index, { at: 'returns', version: state.committed, since })];
    if (entry?.kind === 'value') yield [`reader ${index} finds ${entry.version}`, withReader(state, index, { at: 'returns', version: entry.version, since })];
    else yield [`reader ${index} misses`, withReader(placesLease(entry) ? withEntry(state, { kind: 'lease' }) : state, index, { at: 'missed', since, holdsMarker: true })];
  }
  const isHeld = state.lockedBy !== null;
  const asked = (next) => [`reader ${index} asks who holds the row: ${isHeld ? 'a writer' : 'nobody'}`, withReader(state, index, { ...next, ...(isHeld && GIVEN_UP) })];
  if (reader.at === 'missed') {
    if (rules.probes === 'before') yield asked({ ...reader, at: 'asked' });
    else yield readsRow(state, index, { ...reader, at: rules.probes === 'after' ? 'read, not asked' : 'read' });
  }
  if (reader.at === 'asked') yield readsRow(state, index, { ...reader, at: 'read' });
  if (reader.at === 'read, not asked') yield asked({ ...reader, at: 'read' });
  if (reader.at === 'read') {
    const { version, since } = reader;
    const filled = isFilled(state, reader, rules) ? withEntry(state, { kind: 'value', version }) : state;
    yield [`reader ${index} fills ${version}`, withReader(filled, index, { at: 'returns', version, since })];
    yield [`reader ${index} crashes`, withReader(state, index, IDLE)];
  }
  if (reader.at === 'returns') {
    const seen = rules.looksForBack ? Math.max(state.seen, reader.version) : state.seen;
    yield [`reader ${index} returns ${reader.version}`, { ...withReader(state, index, IDLE), seen }];
  }
}

/** Redis keeps what it holds, once, and comes back with that. */
function* fileSteps(state, rules) {
  const { file, entry, readers } = state;
  if (file === undefined) yield ['Redis keeps a file', { ...state, file: entry, readers: readers.map((reader) => (reader.holdsMarker ? { ...reader, heldInFile: true } : reader)) }];
  else {
    const isBelieved = rules.believes === 'everything' || (rules.believes === 'markers' && file?.kind !== 'value');
    const restored = withEntry(state, isBelieved ? file : null);
    yield ['Redis comes back with its file', { ...restored, readers: restored.readers.map((reader) => (isBelieved && reader.heldInFile ? { ...reader, holdsMarker: true } : reader)) }];
  }
}

function* steps(state, rules) {
  for (const index of [0, 1]) {
    yield* writerSteps(state, index, rules);
    yield* readerSteps(state, index, rules);
  }
  if (rules.keepsFile) yield* fileSteps(state, rules);
  if (state.entry === null) return;
  const isNeeded = state.entry.kind === 'tombstone' && state.writers.some(({ at }) => at === 'fenced');
  if (!isNeeded || rules.tombstonesMayEnd) yield [`the ${state.entry.kind} expires`, withEntry(state, null)];
  if (rules.losesRedis) yield ['Redis comes back empty', withEntry(state, null)];
}

const isStale = ({ readers }) => readers.some(({ at, version, since }) => at === 'returns' && version < since);
const isStuck = ({ entry, committed, writers }) => entry?.kind === 'value' && entry.version < committed && writers.every(({ at }) => at === 'idle');

/** One for all states that differ only in which writer and which reader is which. */
const keyOf = ({ writers, readers, lockedBy, ...rest }) => {
  const sorted = (list) => list.map((each) => JSON.stringify(each)).sort();
  return JSON.stringify([rest, lockedBy !== null, sorted(writers), sorted(readers)]);
};

/** Breadth first: `{states, trace}`; the trace is the shortest way to what must not be, or undefined. */
export function search(rules) {
  const cameFrom = new Map([[keyOf(START), null]]);
  const queue = [START];
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head];
    const key = keyOf(state);
    if (isStale(state) || (rules.looksForStuck && isStuck(state))) {
      const trace = [];
      for (let link = cameFrom.get(key); link; link = cameFrom.get(link.key)) trace.unshift(link.label);
      return { states: cameFrom.size, trace };
    }
    for (const [label, next] of steps(state, rules)) {
      const nextKey = keyOf(next);
      if (cameFrom.has(nextKey)) continue;
      cameFrom.set(nextKey, { key, label });
      queue.push(next);
    }
  }
  return { states: cameFrom.size };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const asked = process.argv[2];
  let surprises = 0;
  for (const [name, rules] of Object.entries(CASES)) {
    if (asked && asked !== name) continue;
    const { states, trace } = search(rules);
    const isAsExpected = rules.holds === (trace === undefined);
    if (!isAsExpected) surprises += 1;
    console.log(`${isAsExpected ? 'ok ' : 'BAD'} ${name}: ${trace ? `broken in ${trace.length} steps` : 'holds'} (${states} states)`);
    if (trace && (asked || !isAsExpected)) console.log(trace.map((step) => `      ${step}`).join('\n'));
  }
  process.exit(surprises > 0 ? 1 : 0);
}
