import type { Cluster, Redis } from 'ioredis';

const ignore = (): void => undefined;

/**
 * Following an ASK (a slot is on the move), ioredis sends ASKING and drops its promise: were it refused, late or cut off, that rejection would end the process.
 * The command itself, sent after it, tells whoever waits.
 */
export const hearRedirections = (cluster: Cluster): Cluster =>
  cluster.on('+node', (node: Redis) => {
    const asking = node.asking.bind(node);
    node.asking = (...args) => {
      const answer = asking(...args);
      answer.catch(ignore);
      return answer;
    };
  });
