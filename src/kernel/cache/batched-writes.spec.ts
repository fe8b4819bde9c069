import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { joinPerTurn } from './batched-writes.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Writes of one turn', () => {
  /** What was handed to the stream, piece by piece. */
  const joined = () => {
    const stream = new PassThrough();
    const pieces: string[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece.toString('utf8')));
    joinPerTurn(stream);
    return { stream, pieces };
  };

  it('leave as one piece when it ends, in their order', async () => {
    const { stream, pieces } = joined();
    for (const text of ['a', 'ü', 'c']) stream.write(text);
    expect(pieces).toEqual([]);
    await turn();
    stream.write('d');
    await turn();
    expect(pieces).toEqual(['aüc', 'd']);
  });

  it('keep their order beside bytes, which go at once with what came before them', async () => {
    const { stream, pieces } = joined();
    stream.write('a');
    stream.write(Buffer.from('b'));
    stream.write('c');
    await turn();
    expect(pieces.join('')).toBe('abc');
  });

  it('leave before the end, where the client ends the connection in the same turn', async () => {
    const { stream, pieces } = joined();
    const errors: Error[] = [];
    stream.on('error', (error) => errors.push(error));
    stream.write('a');
    stream.end();
    await turn();
    expect([pieces, errors]).toEqual([['a'], []]);
  });

  it('are dropped without an error where the connection has gone meanwhile: whoever waits is told by the client', async () => {
    const { stream, pieces } = joined();
    const errors: Error[] = [];
    stream.on('error', (error) => errors.push(error));
    stream.write('a');
    stream.destroy();
    await turn();
    await turn();
    expect([pieces, errors]).toEqual([[], []]);
  });
});
