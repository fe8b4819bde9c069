import { describe, expect, it } from '@jest/globals';
import { UploadPlaces, type UploadPlace } from './upload-places.js';

describe('the room for uploads', () => {
  const displaced: string[] = [];
  const entering = (places: UploadPlaces, uploader: string, name: string): UploadPlace => places.enter(uploader, () => displaced.push(name));

  it('is not taken up by uploads that have only begun', () => {
    const places = new UploadPlaces(2, 100);
    for (let slow = 0; slow < 50; slow += 1) entering(places, 'mallory', 'slow').hold(1);
    const [one, other] = [entering(places, 'ada', 'one'), entering(places, 'bob', 'other')];
    for (const place of [one, other]) {
      place.hold(10);
      place.startWork();
    }
    expect(displaced).toEqual([]);
    expect(() => entering(places, 'cyd', 'third').startWork()).toThrow('avatar.busy');
  });

  it('takes from who holds most of it, and there what has arrived longest', () => {
    displaced.length = 0;
    const places = new UploadPlaces(2, 100);
    const ada = entering(places, 'ada', 'ada');
    ada.hold(30);
    for (const name of ['first', 'second', 'third']) entering(places, 'mallory', name).hold(20);
    ada.hold(5);
    expect(displaced).toEqual([]);
    ada.hold(10);
    expect(displaced).toEqual(['first']);
    ada.startWork();
    entering(places, 'bob', 'bob').hold(34);
    expect(displaced).toEqual(['first', 'second']);
  });

  it('takes nothing from what is worked on', () => {
    displaced.length = 0;
    const places = new UploadPlaces(2, 100);
    const working = entering(places, 'ada', 'working');
    working.hold(90);
    working.startWork();
    entering(places, 'ada', 'second').hold(20);
    expect(displaced).toEqual(['second']);
    working.leave();
    working.leave();
    expect(places.isEmpty).toBe(true);
  });
});
