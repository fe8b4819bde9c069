// Writers and readers: several of each per user, each on any instance at any time.
import { setTimeout as sleep } from 'node:timers/promises';
import { Account } from './service-client.mjs';

const WRITES = { put: 40, delete: 8, rename: 34, role: 12, adminPut: 4, disable: 2 };
const READS = { me: 34, picture: 30, other: 10, byAdmin: 8, immutable: 6, lookup: 6, role: 6 };

/** Of an account that will be deleted; its own sign-in ends with it. */
const READS_OF_MORTALS = { picture: 40, other: 20, byAdmin: 20, lookup: 20 };
const READERS_OF_MORTALS = 3;
/** Numbers of pictures' owners fit into a byte. */
const FIRST_MORTAL = 200;

const MAX_UNCHECKED = 50_000;

export class Load {
  constructor({ client, accounts, admin, instances, random, readersPerUser, writersPerUser, writePauseMs, readPauseMs, mortals, cli, onBorn, writes = WRITES, reads = READS }) {
    Object.assign(this, { client, accounts, admin, instances, random, readersPerUser, writersPerUser, writePauseMs, readPauseMs, mortals, cli, onBorn, writes, reads });
    this.isOver = false;
    this.gate = null;
    this.busy = 0;
  }

  start() {
    const loops = this.accounts.flatMap((user) => [
      ...Array.from({ length: this.writersPerUser }, (_, index) => this.loop(user, this.random.fork(`writer ${user.number}.${index}`), (random) => this.write(user, random), this.writePauseMs)),
      ...Array.from({ length: this.readersPerUser }, (_, index) => {
        const reader = { held: new Map(), random: this.random.fork(`reader ${user.number}.${index}`) };
        return this.loop(user, reader.random, () => this.read(user, reader), this.readPauseMs);
      }),
    ]);
    for (let index = 0; index < this.mortals; index += 1) loops.push(...this.mortalLoops(FIRST_MORTAL + index));
    if (this.cli) loops.push(this.loop(null, this.random.fork('command line'), (random) => this.operator(random), this.cli.pauseMs));
    this.ended = Promise.all(loops);
  }

  /** One account after another, each of which is changed, read and deleted; and read on for a while. */
  mortalLoops(number) {
    const place = { user: null, lives: 0 };
    const random = this.random.fork(`mortal ${number}`);
    const readers = Array.from({ length: READERS_OF_MORTALS }, (_, index) => {
      const reader = { held: new Map(), random: random.fork(`reader ${index}`) };
      return this.loop(null, reader.random, () => place.user && this.read(place.user, reader, READS_OF_MORTALS), Math.max(this.readPauseMs, 10));
    });
    return [...readers, this.loop(null, random, () => this.liveAndDie(place, number, random), this.writePauseMs)];
  }

  async liveAndDie(place, number, random) {
    const { client, admin } = this;
    if (place.user === null) {
      const born = new Account(number, `mortal${number}.${(place.lives += 1)}`);
      await client.register(born).catch(() => undefined);
      if (born.id === null) return; // no answer, or a fault; the name is used up
      this.onBorn(born);
      place.user = born;
    } else if (random.chance(0.6)) {
      const write = { user: place.user, instance: this.anyInstance(random), by: place.user };
      await (random.chance(0.5) ? client.rename(write) : client.putPicture(write));
    } else {
      const { operation } = await client.remove({ user: place.user, instance: this.anyInstance(random), by: admin });
      if (operation.outcome === 'unknown' || operation.code === 'service.unavailable') return;
      await sleep(300);
      place.user = null;
    }
  }

  async operator(random) {
    const { client, cli } = this;
    const user = random.pick(this.accounts);
    if (random.chance(0.7)) return client.byCommandLine({ ...cli, user, command: 'promote', wrote: { isAdmin: true } });
    await client.byCommandLine({ ...cli, user, command: 'disable', wrote: { isDisabled: true } });
    return this.enable(user, random);
  }

  async stop() {
    this.isOver = true;
    this.resume();
    await this.ended;
  }

  /** Returns when nothing is under way. */
  async pause() {
    this.gate ??= Promise.withResolvers?.() ?? withResolvers();
    while (this.busy > 0) await sleep(10);
  }

  resume() {
    this.gate?.resolve();
    this.gate = null;
  }

  async loop(user, random, work, pauseMs) {
    while (!this.isOver) {
      if (this.gate) await this.gate.promise;
      // The checker waits for the database, when that is away; what it has not seen yet must fit into memory.
      while (this.client.recorder.finished.length > MAX_UNCHECKED && !this.isOver) await sleep(50);
      if (this.isOver) break;
      this.busy += 1;
      try {
        await work(random);
      } finally {
        this.busy -= 1;
      }
      await sleep(random.next() * 2 * pauseMs);
    }
  }

  anyInstance(random) {
    const up = this.instances.filter(({ isUp }) => isUp);
    return random.pick(up.length > 0 && random.chance(0.9) ? up : this.instances);
  }

  async write(user, random) {
    const { client, admin } = this;
    const instance = this.anyInstance(random);
    switch (random.weighted(this.writes)) {
      case 'put': return client.putPicture({ user, instance, by: user });
      case 'adminPut': return client.putPicture({ user, instance, by: admin });
      case 'delete': return client.removePicture({ user, instance, by: user });
      case 'rename': return client.rename({ user, instance, by: user });
      case 'role': return client.patch({ user, kind: 'roles', instance, by: admin, change: { roles: random.chance(0.5) ? ['admin'] : [] } });
      default: {
        await client.patch({ user, kind: 'disable', instance, by: admin, change: { disabled: true } });
        await sleep(random.between(50, 400));
        await this.enable(user, random);
      }
    }
  } // prettier-ignore

  async enable(user, random) {
    for (let tries = 0; tries < 50 && !this.isOver; tries += 1) {
      const { operation } = await this.client.patch({ user, kind: 'enable', instance: this.anyInstance(random), by: this.admin, change: { disabled: false } });
      if (operation.outcome === 'ok') break;
      await sleep(100);
    }
  }

  read(user, reader, reads = this.reads) {
    const { client, admin } = this;
    const { random } = reader;
    const instance = this.anyInstance(random);
    switch (random.weighted(reads)) {
      case 'me': return client.readJson(reader, { user, kind: 'me', instance, path: '/v1/users/me', by: user });
      case 'picture': return client.readPicture(reader, { user, instance });
      case 'byAdmin': return client.readJson(reader, { user, kind: 'by admin', instance, path: `/v1/users/${user.id}`, by: admin });
      case 'immutable': return client.readImmutable({ user, instance, random });
      case 'lookup': return client.lookUp(reader, { user, instance, by: admin });
      case 'role': return client.probeRole({ user, instance, other: admin });
      default: {
        const by = random.pick(this.accounts);
        return client.readJson(reader, { user, kind: 'other', instance, path: `/v1/users/${user.id}`, by });
      }
    }
  } // prettier-ignore
}

const withResolvers = () => {
  const gate = {};
  gate.promise = new Promise((resolve) => (gate.resolve = resolve));
  return gate;
};
