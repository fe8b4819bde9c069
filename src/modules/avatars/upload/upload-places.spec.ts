import { describe, expect, it } from '@jest/globals';
import { UploadPlaces, type UploadPlace } from './upload-places.js';

const ROOM = { atOnce: 2, waiting: 4, bytes: 100 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the room for uploads', () => {
  const displaced: string[] = [];
  const entering = (places: UploadPlaces, userId: string, name: string): UploadPlace => places.enter({ userId, network: `of ${userId}` }, () => displaced.push(name));

  it('is not taken up by uploads that have only begun', async () => {
    const places = new UploadPlaces({ ...ROOM, waiting: 0 });
    for (let slow = 0; slow < 50; slow += 1) entering(places, 'mallory', 'slow').hold(1);
    const [one, other] = [entering(places, 'ada', 'one'), entering(places, 'bob', 'other')];
    for (const place of [one, other]) {
      place.hold(10);
      await place.startWork();
    }
    expect(displaced).toEqual([]);
    await expect(entering(places, 'cyd', 'third').startWork()).rejects.toThrow('avatar.busy');
  });

  it('takes from who holds most of it, and there what has arrived longest', () => {
    displaced.length = 0;
    const places = new UploadPlaces(ROOM);
    const ada = entering(places, 'ada', 'ada');
    ada.hold(30);
    for (const name of ['first', 'second', 'third']) entering(places, 'mallory', name).hold(20);
    ada.hold(5);
    expect(displaced).toEqual([]);
    ada.hold(10);
    expect(displaced).toEqual(['first']);
    void ada.startWork();
    entering(places, 'bob', 'bob').hold(34);
    expect(displaced).toEqual(['first', 'second']);
  });

  it('takes nothing from what is worked on', async () => {
    displaced.length = 0;
    const places = new UploadPlaces(ROOM);
    const working = entering(places, 'ada', 'working');
    working.hold(90);
    await working.startWork();
    entering(places, 'ada', 'second').hold(20);
    expect(displaced).toEqual(['second']);
    working.leave();
    working.leave();
    expect(places.isEmpty).toBe(true);
  });

  /** Starts each, and notes who is let in, and who is refused; `next` ends the upload that was let in first. */
  const started = (places: UploadPlaces, users: readonly string[]): { readonly let: string[]; readonly refused: string[]; next(): Promise<void> } => {
    const inside: UploadPlace[] = [];
    const seen = { let: [] as string[], refused: [] as string[], next: async () => (inside.shift()!.leave(), turn()) };
    for (const user of users) {
      const place = entering(places, user, user);
      place.startWork().then(() => (inside.push(place), seen.let.push(user)), () => (place.leave(), seen.refused.push(user)));
    }
    return seen;
  };

  it('lets those who wait in by turns, whoever came with how many', async () => {
    const seen = started(new UploadPlaces(ROOM), ['mallory', 'mallory', 'mallory', 'mallory', 'mallory', 'ada']);
    await turn();
    expect(seen.let).toEqual(['mallory', 'mallory']);
    for (let count = 0; count < 4; count += 1) await seen.next();
    expect(seen.let.slice(2)).toEqual(['mallory', 'ada', 'mallory', 'mallory']);
  });

  it('refuses, when too many wait, the last of who has most of them', async () => {
    const places = new UploadPlaces(ROOM);
    const seen = started(places, [...Array<string>(7).fill('mallory'), 'ada', 'ada', 'ada']);
    await turn();
    // Of mallory one is too many, then two make room for ada; her third would have more than mallory.
    expect(seen.refused.sort()).toEqual(['ada', 'mallory', 'mallory', 'mallory']);
    for (let count = 0; count < 6; count += 1) await seen.next();
    expect(seen.let.slice(2)).toEqual(['mallory', 'ada', 'mallory', 'ada']);
    expect(places.isEmpty).toBe(true);
  });
});
