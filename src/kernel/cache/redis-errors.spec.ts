import { describe, expect, it } from '@jest/globals';
import { isSlotMoving, storeError } from './redis-errors.js';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('isSlotMoving', () => {
  it.each(['TRYAGAIN Multiple keys request during rehashing of slot', 'Too many Cluster redirections. Last error: ReplyError: MOVED 11381 127.0.0.1:33663'])(
    'knows %s, also when it has become service.unavailable', (message) => {
      expect(isSlotMoving(reply(message))).toBe(true);
      expect(isSlotMoving(storeError(new Error(message)))).toBe(true);
    });

  it.each(['NOSCRIPT No matching script.', 'Command timed out', 'CLUSTERDOWN Hash slot not served'])('does not take %s for it', (message) => {
    expect(isSlotMoving(storeError(reply(message)))).toBe(false);
  });
});
