// Writers and readers: several of each per user, each on any instance at any time.
import { setTimeout as sleep } from 'node:timers/promises';

const WRITES = { put: 40, delete: 8, rename: 34, role: 12, adminPut: 4, disable: 2 };
const READS = { me: 34, picture: 30, other: 10, byAdmin: 8, immutable: 6, lookup: 6, role: 6 };

const MAX_UNCHECKED = 50_000;

export class Load {
  constructor({ client, accounts, admin, instances, random, readersPerUser, writersPerUser, writePauseMs, readPauseMs, writes = WRITES, reads = READS }) {
    Object.assign(this, { client, accounts, admin, instances, random, readersPerUser, writersPerUser, writePauseMs, readPauseMs, writes, reads });
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
    this.ended = Promise.all(loops);
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
        for (let tries = 0; tries < 50 && !this.isOver; tries += 1) {
          const { operation } = await client.patch({ user, kind: 'enable', instance: this.anyInstance(random), by: admin, change: { disabled: false } });
          if (operation.outcome === 'ok') break;
          await sleep(100);
        }
      }
    }
  } // prettier-ignore

  read(user, reader) {
    const { client, admin } = this;
    const { random } = reader;
    const instance = this.anyInstance(random);
    switch (random.weighted(this.reads)) {
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
