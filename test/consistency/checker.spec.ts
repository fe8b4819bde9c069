import { beforeEach, describe, expect, it } from '@jest/globals';
import { Checker, type Facets, type Operation } from './checker.mjs';

const USER = 'ada';

const state = (version: number, more: Facets = {}): Facets & { version: number } => ({
  version,
  name: `name ${version}`,
  digest: `u1-${version}`,
  isAdmin: false,
  isDisabled: false,
  isGenerated: false,
  ...more,
});

const operation = (start: number, end: number, seen: Facets | undefined, more: Partial<Operation> = {}): Operation => ({
  user: USER,
  kind: 'made by hand',
  instance: 0,
  start,
  end,
  outcome: 'ok',
  isWrite: false,
  seen,
  ...more,
});
const read = (start: number, end: number, seen: Facets): Operation => operation(start, end, seen);
const write = (start: number, end: number, seen: Facets): Operation => operation(start, end, seen, { isWrite: true });

let checker: Checker;
const found = (): string[] => checker.violations.map(({ kind }) => kind);

beforeEach(() => {
  checker = new Checker();
  for (const version of [1, 2, 3]) checker.commit(USER, state(version));
});

describe('histories that keep the promise', () => {
  it('a read that overlaps a write sees the old one or the new one', () => {
    checker.take([write(10, 20, { version: 2 }), read(5, 15, { version: 1 }), read(12, 18, { version: 2 }), read(9, 25, { version: 1 })]);
    expect(found()).toEqual([]);
  });

  it('overlapping reads see versions in any order', () => {
    checker.take([read(0, 10, { version: 3 }), read(1, 11, { version: 1 })]);
    expect(found()).toEqual([]);
  });

  it('a write whose outcome is unknown is seen, or not', () => {
    checker.take([operation(0, 5, undefined, { isWrite: true, outcome: 'unknown' }), read(6, 7, { version: 1 }), read(8, 9, { version: 2 }), read(10, 11, { version: 3 })]);
    expect(found()).toEqual([]);
    expect(checker.counts).toMatchObject({ reads: 3, writesUnknown: 1, writesAcknowledged: 0 });
  });

  it('a picture that came back is taken for the version that fits', () => {
    checker.commit(USER, state(4, { digest: 'u1-2' }));
    checker.take([write(0, 1, { version: 3 }), read(2, 3, { digest: 'u1-2' }), read(4, 5, { digest: 'u1-2' })]);
    expect(found()).toEqual([]);
  });

  it('a refused write is in no version', () => {
    checker.take([operation(0, 1, undefined, { isWrite: true, outcome: 'refused', wrote: { name: 'never' } })]);
    expect(found()).toEqual([]);
  });

  it('a read that failed says nothing', () => {
    checker.take([write(0, 1, { version: 3 }), operation(2, 3, { version: 1 }, { outcome: 'unknown' })]);
    expect([found(), checker.counts.readsFailed]).toEqual([[], 1]);
  });
});

describe('histories that break it', () => {
  it('a read that starts after an acknowledged write and sees less is stale', () => {
    checker.take([write(0, 10, { version: 2 }), read(11, 12, { version: 1 })]);
    expect(found()).toEqual(['stale']);
  });

  it('so is one that sees an older picture, with no version beside it', () => {
    checker.take([write(0, 10, { digest: 'u1-3' }), read(11, 12, { digest: 'u1-2' })]);
    expect(found()).toEqual(['stale']);
  });

  it('and one that sees an older role', () => {
    checker.commit(USER, state(4, { isAdmin: true }));
    checker.take([write(0, 10, { version: 4, isAdmin: true }), read(11, 12, { isAdmin: false })]);
    expect(found()).toEqual(['stale']);
  });

  it('a read that starts after another ended and sees less goes back, whoever read', () => {
    checker.take([read(0, 10, { version: 2 }), operation(11, 12, { version: 1 }, { instance: 2 })]);
    expect(found()).toEqual(['regression']);
  });

  it('an acknowledged write that no version has is lost', () => {
    checker.take([write(0, 10, { digest: 'u1-gone' })]);
    expect(found()).toEqual(['lost']);
  });

  it('an acknowledged removal after which the picture was never gone is lost', () => {
    checker.take([write(0, 10, { isGenerated: true })]);
    expect(found()).toEqual(['lost']);
  });

  it('a user who is seen after the deletion was acknowledged, or was seen by another', () => {
    const gone = { version: 4, name: undefined, digest: undefined, isAdmin: undefined, isDisabled: undefined, isGenerated: undefined, isGone: true };
    checker.commit(USER, gone);
    checker.take([write(0, 1, { isGone: true }), read(2, 3, { isGone: true }), read(4, 5, { version: 3 })]);
    expect(found()).toEqual(['stale']);
  });

  it('and one that is not found though nobody deleted it', () => {
    checker.take([read(0, 1, { isGone: true })]);
    expect(found()).toEqual(['mixed']);
  });

  it('what no version ever was is mixed: the name of one with the picture of another', () => {
    checker.take([read(0, 10, { name: 'name 2', digest: 'u1-3' })]);
    expect(found()).toEqual(['mixed']);
  });

  it('a write that was refused and done all the same', () => {
    checker.take([operation(0, 1, undefined, { isWrite: true, outcome: 'refused', wrote: { name: 'name 2' } })]);
    expect(found()).toEqual(['refused but done']);
  });

  it('a version that was left out', () => {
    checker.commit(USER, state(7));
    expect(found()).toEqual(['gap']);
  });

  it('an old value that stays although all is quiet', () => {
    checker.checkQuiet(read(0, 1, { version: 2 }));
    checker.checkQuiet(read(0, 1, { version: 3, name: 'name 3' }));
    expect(found()).toEqual(['stuck']);
  });

  it('what an operation says of itself', () => {
    checker.take([operation(0, 1, { version: 3 }, { fault: { kind: 'cacheable', text: 'max-age=300' } })]);
    expect(found()).toEqual(['cacheable']);
  });

  it('is found whatever batches it comes in, and in whatever order', () => {
    checker.take([read(30, 31, { version: 3 }), write(0, 10, { version: 2 })], 20);
    checker.take([read(32, 33, { version: 2 }), read(20, 34, { version: 2 })], 32);
    expect(found()).toEqual(['regression']);
    expect(checker.violations[0]!.operation.start).toBe(32);
  });

  it('with what led to it', () => {
    checker.take([write(0, 10, { version: 2 }), read(11, 12, { version: 1 })]);
    expect(checker.violations[0]!.operations.map(({ start }) => start)).toEqual([0, 11]);
  });
});

describe('memory', () => {
  it('holds what running operations may need, and no more', () => {
    for (let version = 4; version <= 3_000; version += 1) {
      checker.commit(USER, state(version));
      checker.take([write(version * 10, version * 10 + 5, { version })], version * 10 - 30);
    }
    const history = checker.historyOf(USER);
    expect(history.marks.length).toBeLessThan(10);
    expect(history.states.length).toBeLessThan(1_000);
    checker.take([read(30_006, 30_007, { version: 2_999 })]);
    expect(found()).toEqual(['stale']);
  });
});
