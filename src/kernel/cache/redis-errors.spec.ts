import { describe, expect, it } from '@jest/globals';
import { AppError } from '../errors/index.js';
import { isSlotMoving, storeError, writeError } from './redis-errors.js';

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

describe('writeError', () => {
  const codeOf = (error: Error): string => (error instanceof AppError ? error.code : error.message);

  it.each(['Command timed out', 'Connection is closed.', 'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.', 'read ECONNRESET'])(
    'says of a command whose answer is lost that nobody knows: %s', (message) => {
      expect([codeOf(writeError(new Error(message))), codeOf(storeError(new Error(message)))]).toEqual(['request.outcome_unknown', 'service.unavailable']);
    });

  it.each([
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error("Cluster isn't ready and enableOfflineQueue options is false"),
    new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 11381 127.0.0.1:33663'),
    reply('OOM command not allowed when used memory > maxmemory.'),
    reply('READONLY You can’t write against a read only replica.'),
  ])('says of a command that was not carried out that nothing was changed: %s', (error) => {
    expect(codeOf(writeError(error))).toBe('service.unavailable');
  });

  it('leaves a fault of the script what it is', () => {
    expect(codeOf(writeError(reply('ERR user_script:1: wrong')))).toBe('ERR user_script:1: wrong');
  });
});
