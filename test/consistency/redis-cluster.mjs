// A Redis Cluster of one run's own: three masters that share the slots, each with a replica that takes its place.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { RedisServer } from './redis-server.mjs';

const MASTERS = 3;
/** A replica takes its master's place however long it has heard nothing of it: that is how writes get lost. */
const SETTINGS = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 1_000, 'cluster-replica-validity-factor': 0 };

const isReady = (info) => info.includes('cluster_state:ok') && (info.includes('role:slave') ? info.includes('master_link_status:up') : /slave0:.*state=online/.test(info));

export class RedisCluster {
  static async start(folder, binaries) {
    const cluster = new RedisCluster();
    cluster.servers = await Promise.all(Array.from({ length: 2 * MASTERS }, (_, index) => RedisServer.start(join(folder, String(index)), binaries, SETTINGS)));
    const addresses = cluster.servers.map(({ port }) => `127.0.0.1:${port}`);
    const cli = binaries.server.includes('/') ? join(dirname(binaries.server), 'redis-cli') : 'redis-cli';
    await promisify(execFile)(cli, ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'], { env: { ...process.env, ...binaries.env } });
    cluster.settings = { REDIS_CLUSTER_NODES: addresses.join(',') };
    await cluster.isReplicated();
    return cluster;
  }

  infoOf(server) {
    return server.ask(async (client) => `${await client.cluster('INFO')}${await client.info('replication')}`);
  }

  /** Every master has its replica again. */
  async isReplicated() {
    while (!(await Promise.all(this.servers.map((server) => this.infoOf(server)))).every(isReady)) await sleep(100);
  }

  async masters() {
    const infos = await Promise.all(this.servers.map((server) => this.infoOf(server)));
    return this.servers.filter((_, index) => infos[index].includes('role:master'));
  }

  async replicaOf(master) {
    const info = await this.infoOf(master);
    const port = Number(/slave0:ip=[^,]*,port=(\d+)/.exec(info)?.[1]);
    return this.servers.find((server) => server.port === port);
  }

  /** One of the masters, in turn. */
  signal(name) {
    if (name === 'SIGSTOP') this.turn = ((this.turn ?? -1) + 1) % this.servers.length;
    this.servers[this.turn].signal(name);
  }

  async failOver({ withLoss, random }) {
    const master = random.pick(await this.masters());
    const replica = await this.replicaOf(master);
    if (withLoss) {
      replica.signal('SIGSTOP');
      await sleep(400);
    }
    await master.kill();
    if (withLoss) replica.signal('SIGCONT');
    while (!(await this.infoOf(replica)).includes('role:master')) await sleep(50);
    await master.start();
    await this.isReplicated();
  }

  /** The slot of a key, with all that is in it, goes to another master, a few keys at a time. */
  async moveSlot(key, random) {
    const masters = await this.masters();
    const clients = masters.map(({ port }) => new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1 }));
    for (const client of clients) client.on('error', () => undefined);
    try {
      const slot = Number(await clients[0].cluster('KEYSLOT', key));
      const ids = await Promise.all(clients.map((client) => client.cluster('MYID')));
      const owner = (await clients[0].cluster('SLOTS')).find(([first, last]) => first <= slot && slot <= last)[2][2];
      const from = ids.indexOf(owner);
      const to = (from + 1) % masters.length;
      await clients[to].call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner);
      await clients[from].call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]);
      for (let keys; (keys = await clients[from].cluster('GETKEYSINSLOT', slot, 5)).length > 0; await sleep(random.between(0, 20)))
        await clients[from].call('MIGRATE', '127.0.0.1', masters[to].port, '', 0, 5_000, 'KEYS', ...keys);
      for (const index of [to, from, ...clients.keys()]) await clients[index].call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]);
      return `slot ${slot} to ${masters[to].port}`;
    } finally {
      for (const client of clients) client.disconnect();
    }
  }

  async kill() {
    await Promise.all(this.servers.map((server) => server.kill()));
  }
}
