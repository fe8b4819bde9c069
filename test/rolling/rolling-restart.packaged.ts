import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpawnedService } from '../avatars/spawned-service.js';
import { freePort } from '../kit/free-port.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { RollingLoad } from './rolling-load.js';
import { RollingNginx } from './rolling-nginx.js';

/** Asked for more: `ROLLING_REQUESTS=50000 npm run test:rolling`. */
const REQUESTS = Number(process.env.ROLLING_REQUESTS ?? 3_000);
const WORKERS = 12;

describe('three instances behind nginx', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let nginx: RollingNginx;
  let dataDir: string;
  const services = new Map<number, SpawnedService>();

  const startAt = async (port: number): Promise<void> => {
    const settings = { DATABASE_URL: database.url, REDIS_URL: redis.url, DATA_DIR: dataDir, PORT: String(port), SHUTDOWN_DRAIN_SECONDS: '5', SHUTDOWN_LIMIT_SECONDS: '60', LOG_LEVEL: 'warn' };
    services.set(port, await SpawnedService.start(settings));
  };

  beforeAll(async () => {
    [database, redis] = await Promise.all([withDatabase(), testRedis()]);
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-rolling-data-'));
    const ports = [await freePort(), await freePort(), await freePort()];
    await Promise.all(ports.map(startAt));
    nginx = await RollingNginx.start(await freePort(), ports);
    await Promise.all(ports.map((port) => nginx.has(port, true)));
  });

  afterAll(async () => {
    await nginx?.stop();
    await Promise.all([...services.values()].map((service) => service.kill()));
    await Promise.all([database?.drop(), redis?.close()]);
    await rm(dataDir, { recursive: true, force: true });
  });

  it(
    'lose no request, upload or refresh while they are restarted one after the other, again and again',
    async () => {
      const load = new RollingLoad(nginx.port, REQUESTS);
      const running = load.run(WORKERS);
      const codes: unknown[] = [];
      const restart = async (port: number): Promise<void> => {
        const old = services.get(port)!;
        old.signal('SIGTERM');
        const [code] = (await old.ended) as [unknown];
        codes.push(code);
        await nginx.has(port, false);
        await startAt(port);
        await nginx.has(port, true);
      };
      // Each of them at least once, then for as long as there is load.
      do {
        for (const port of [...services.keys()]) if (!load.isOver) await restart(port);
        load.isWanted = false;
      } while (!load.isOver);
      await running;
      process.stdout.write(`${load.sent} requests, ${load.faults.length} failed, ${codes.length} restarts\n`);
      expect(load.faults).toEqual([]);
      expect(load.sent).toBeGreaterThanOrEqual(REQUESTS);
      expect(new Set(codes)).toEqual(new Set([0]));
    },
    3_600_000,
  );
});
