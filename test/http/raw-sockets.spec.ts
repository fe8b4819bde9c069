import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { SpawnedService } from '../kit/spawned-service.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

describe('a service that strangers open sockets to', () => {
  let database: TestDatabase;
  let service: SpawnedService;

  beforeAll(async () => {
    database = await withDatabase();
    service = await SpawnedService.start({ DATABASE_URL: database.url });
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  it.each(['CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\n\r\n'])('survives a tunnel that is asked for and reset at once (%j)', async (bytes) => {
    const { port, hostname } = new URL(service.url);
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(bytes);
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect(service.isOver).toBe(false);
  });
});
