import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Terminal } from '../../src/cli/terminal.js';

describe('a password that is asked for at a keyboard', () => {
  const asked = (): { readonly stdin: PassThrough; readonly password: Promise<string> } => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    return { stdin, password: new Terminal({ stdin, stdout: new PassThrough().resume(), stderr: new PassThrough().resume() }).newPassword() };
  };

  it('is taken when it was typed twice', async () => {
    const { stdin, password } = asked();
    stdin.write('nine lives\r');
    setImmediate(() => stdin.write('nine lives\r'));
    await expect(password).resolves.toBe('nine lives');
  });

  it('is not waited for when the terminal is gone', async () => {
    const { stdin, password } = asked();
    stdin.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
    await expect(password).rejects.toThrow('No password was typed.');
  });

  it.each([['Ctrl-C', '\x03'], ['Ctrl-D', '\x04']])('is not waited for after %s', async (_name, key) => {
    const { stdin, password } = asked();
    stdin.write(key);
    await expect(password).rejects.toThrow('No password was typed.');
  });
});
