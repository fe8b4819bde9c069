import { describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { createRedisClient } from './redis-options.js';

describe('a redirection to a node that a slot is moving to', () => {
  it('leaves no rejection unheard when the node does not answer: that would end the process', async () => {
    const refused = Promise.reject(new Error('Command timed out'));
    const heard = jest.spyOn(refused, 'catch');
    const node = { asking: () => refused } as unknown as Redis;
    createRedisClient({ kind: 'cluster', nodes: [{ host: '127.0.0.1', port: 1 }], options: { tls: false } }).emit('+node', node);
    expect(node.asking()).toBe(refused);
    expect(heard).toHaveBeenCalled();
    await expect(refused).rejects.toThrow('Command timed out');
  });
});
