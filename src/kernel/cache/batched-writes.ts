import type { Writable } from 'node:stream';
import { Cluster, type Redis } from 'ioredis';

/**
 * What is written in one turn of the event loop leaves as one text, in one system call, at the end of the turn. Under load a turn serves many requests,
 * each with its command; a system call costs as much as the rest of the client, and a piece for each command half of that again (figures: bench/README.md).
 * Nothing waits for a timer.
 */
export const batchWrites = (client: Redis | Cluster): void => {
  if (client instanceof Cluster) client.on('+node', batchWritesOf);
  else batchWritesOf(client);
};

const batchWritesOf = (client: Redis): void => {
  client.on('connect', () => joinPerTurn(client.stream));
};

/** For the client alone, which writes text or bytes and looks at no answer of `write`. */
export const joinPerTurn = (stream: Writable): void => {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let text = '';
  let isDue = false;
  const flush = (): void => {
    const due = text;
    text = '';
    if (due !== '' && stream.writable) write(due);
  };
  const end = stream.end.bind(stream) as (...args: unknown[]) => Writable;
  stream.end = (...args: unknown[]): Writable => {
    flush();
    return end(...args);
  };
  stream.write = (...args: unknown[]): boolean => {
    const [chunk] = args;
    if (typeof chunk !== 'string' || args.length > 1) {
      flush();
      return write(...args);
    }
    text += chunk;
    if (!isDue) {
      isDue = true;
      setImmediate(() => {
        isDue = false;
        flush();
      });
    }
    return !stream.writableNeedDrain;
  };
};
