import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventRig, until } from './event-rig.js';

describe('followers of the log', () => {
  let rig: EventRig;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    rig = await EventRig.start();
  });
  afterAll(() => rig.stop());
  afterEach(() => rig.clear());

  const settled = (): Promise<void> => rig.settled();

  it('that was away until it was forgotten reads everything anew', async () => {
    const one = await rig.listening();
    await rig.query(`DELETE FROM event_followers WHERE name <> 'webhooks'`);
    await rig.commit('gone');
    await rig.log.place();
    await rig.query(`UPDATE event_followers SET position = (SELECT max(position) FROM event_log)`);
    await rig.log.prune();
    expect(await rig.query('SELECT 1 FROM event_log')).toEqual([]);
    one.bus.hasten();
    await until(() => one.missed() === 2);
    await rig.commit('here');
    one.bus.hasten();
    // Whether it also heard what is gone depends on when it looked; what came after its new beginning it hears.
    await until(() => one.heard.at(-1) === 'here');
  });

  it('whose name another takes goes on without one', async () => {
    const first = await rig.listening({ name: 'one' });
    const heard: string[] = [];
    const second = await rig.instance({ name: 'one', listen: (bus) => bus.on('thing.happened', 'delivered', ({ thing }) => void heard.push(thing)) });
    await settled();
    first.bus.hasten();
    await until(() => first.missed() === 2);
    await rig.commit('a');
    for (const { bus } of [first, second]) bus.hasten();
    await until(() => first.heard.length === 1 && heard.length === 1);
    expect([first.heard, heard]).toEqual([['a'], ['a']]);
  });

  it('is forgotten when it was not seen for long, and the name that all share never is', async () => {
    await rig.query(`INSERT INTO event_followers (name, position, kept_seconds, seen_at) VALUES ('long gone', 0, 60, clock_timestamp() - interval '61 seconds'), ('here', 0, 60, clock_timestamp())`);
    await rig.query(`UPDATE event_followers SET seen_at = clock_timestamp() - interval '1 year' WHERE name = 'webhooks'`);
    await rig.followers.forgetTheAbsent();
    expect(await rig.query('SELECT name FROM event_followers ORDER BY name')).toEqual([{ name: 'here' }, { name: 'webhooks' }]);
  });

  it('keeps facts from going until it has heard them, and no longer', async () => {
    const one = await rig.listening({ name: 'slow' });
    await one.stop();
    await rig.commit('a');
    await rig.log.place();
    await rig.query(`UPDATE event_followers SET position = (SELECT max(position) FROM event_log) WHERE name = 'webhooks'`);
    await rig.log.prune();
    expect(await rig.query('SELECT name FROM event_log')).toHaveLength(1);
    const again = await rig.listening({ name: 'slow' });
    await until(() => again.heard.length === 1);
    await settled();
    await rig.log.prune();
    expect(await rig.query('SELECT name FROM event_log')).toEqual([]);
  });

  it('goes back with a database that is restored: the facts since then are heard again', async () => {
    const one = await rig.listening();
    await rig.commit('a');
    one.bus.hasten();
    await until(() => one.heard.length === 1);
    await settled();
    // As the backup of before has it: the log and the positions lie in the same place.
    await rig.query(`UPDATE event_followers SET position = position - 1 WHERE name <> 'webhooks'`);
    await rig.commit('b');
    one.bus.hasten();
    await until(() => one.heard.length === 3);
    expect(one.heard).toEqual(['a', 'a', 'b']);
  });
});
