import type { Writable } from 'node:stream';
import { Cluster, type Redis } from 'ioredis';

/**
 * What is written in one turn of the event loop leaves in one system call, at the end of the turn. Under load a turn serves many requests,
 * each with its command, and a system call costs as much as the rest of the client (figures: bench/README.md). Nothing waits for a timer.
 */
export const batchWrites = (client: Redis | Cluster): void => {
  if (client instanceof Cluster) client.on('+node', batchWritesOf);
  else batchWritesOf(client);
};

const batchWritesOf = (client: Redis): void => {
  client.on('connect', () => corkPerTurn(client.stream));
};

const corkPerTurn = (stream: Writable): void => {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isCorked = false;
  stream.write = (...args: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      setImmediate(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    return write(...args);
  };
};
