import { describe, expect, it } from '@jest/globals';
import { AppError, serviceUnavailable } from '../errors/index.js';
import { afterCommit } from './after-commit.js';

const codeOf = (error: unknown): Promise<unknown> => afterCommit(() => Promise.reject(error)).catch((reason: { code?: string }) => reason.code);

describe('what fails after a commit', () => {
  it.each([serviceUnavailable(new Error('away')), Object.assign(new Error('gone'), { code: '57P01' })])('never says that nothing was changed (%s)', async (error) => {
    expect(await codeOf(error)).toBe('request.outcome_unknown');
  });

  it('says what it is otherwise', async () => {
    expect(await codeOf(new AppError('auth.session_limit', 403, 'no'))).toBe('auth.session_limit');
    expect(await afterCommit(async () => 'done')).toBe('done');
  });
});
