import { connect, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from './mutated-requests.js';

/** How long a client listens to a service that may have nothing to say. */
const PATIENCE_MS = 300;

type Manners = (socket: Socket, bytes: Buffer, dice: Dice) => unknown;

const written = (socket: Socket, bytes: Buffer): Promise<void> => new Promise((resolve) => socket.write(bytes, () => resolve()));
const heard = (socket: Socket): Promise<unknown> => Promise.race([new Promise((resolve) => socket.once('data', resolve).once('close', resolve)), sleep(PATIENCE_MS)]);
const ended = (socket: Socket, bytes: Buffer): Promise<void> => new Promise((resolve) => socket.end(bytes, () => resolve()));
/** Up to the empty line; the whole where there is none. */
const headOf = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? bytes : bytes.subarray(0, end + 4);
};
const cut = (bytes: Buffer, dice: Dice): number => dice.below(bytes.length + 1);

/** Each ends its connection in a way of its own, at some moment of the exchange. */
export const MANNERS: Readonly<Record<string, Manners>> = {
  'resets before it says anything': (socket) => socket.resetAndDestroy(),
  'resets in the turn of its request': (socket, bytes) => (socket.write(bytes), socket.resetAndDestroy()),
  'resets once its request is handed over': async (socket, bytes) => (await written(socket, bytes), socket.resetAndDestroy()),
  'resets a turn later': async (socket, bytes) => (await written(socket, bytes), await turn(), socket.resetAndDestroy()),
  'resets some milliseconds later': async (socket, bytes, dice) => (await written(socket, bytes), await sleep(dice.below(6)), socket.resetAndDestroy()),
  'resets in the middle of its request': async (socket, bytes, dice) => (await written(socket, bytes.subarray(0, cut(bytes, dice))), socket.resetAndDestroy()),
  'hangs up in the middle of its request': async (socket, bytes, dice) => (await written(socket, bytes.subarray(0, cut(bytes, dice))), socket.destroy()),
  'sends half, ends its side, and listens': async (socket, bytes, dice) => (socket.end(bytes.subarray(0, cut(bytes, dice))), heard(socket)),
  'sends all, ends its side, and listens': async (socket, bytes) => (socket.end(bytes), heard(socket)),
  'hangs up once its request is handed over': async (socket, bytes) => (await written(socket, bytes), socket.destroy()),
  'resets at the first byte of the answer': async (socket, bytes) => (socket.write(bytes), await heard(socket), socket.resetAndDestroy()),
  'never reads, and resets': async (socket, bytes) => (socket.pause(), await written(socket, bytes), await sleep(5), socket.resetAndDestroy()),
  'sends byte by byte, and resets somewhere': async (socket, bytes, dice) => {
    for (const byte of bytes.subarray(0, Math.min(60, cut(bytes, dice)))) await written(socket, Buffer.of(byte));
    socket.resetAndDestroy();
  },
  'sends two parts with a pause, and hears the answer': async (socket, bytes, dice) => {
    const place = cut(bytes, dice);
    await written(socket, bytes.subarray(0, place));
    await sleep(dice.below(4));
    socket.write(bytes.subarray(place));
    await heard(socket);
  },
  'sends the next request on top of the answer, and resets': async (socket, bytes) => (socket.write(bytes), await heard(socket), socket.write(bytes), socket.resetAndDestroy()),
  'sends several at once, and resets after the first answer': async (socket, bytes) => (socket.write(Buffer.concat([bytes, bytes, bytes])), await heard(socket), socket.resetAndDestroy()),
  'resets between head and body': async (socket, bytes) => (await written(socket, headOf(bytes)), socket.resetAndDestroy()),
  'sends its head, hears whether to go on, and resets': async (socket, bytes) => (socket.write(headOf(bytes)), await heard(socket), socket.resetAndDestroy()),
  'resets one byte before the end': async (socket, bytes) => (await written(socket, bytes.subarray(0, -1)), socket.resetAndDestroy()),
  'says nothing for a while, and resets': async (socket, _bytes, dice) => (await sleep(dice.below(20)), socket.resetAndDestroy()),
  'ends its side without a word, listens, and resets': async (socket) => (socket.end(), await heard(socket), socket.resetAndDestroy()),
  'ends its side in the middle of its request, and resets': async (socket, bytes, dice) => (await ended(socket, bytes.subarray(0, cut(bytes, dice))), socket.resetAndDestroy()),
  'ends its side, and resets at the first byte of the answer': async (socket, bytes) => (await ended(socket, bytes), await heard(socket), socket.resetAndDestroy()),
  'takes the first piece of the answer, no more, and resets': async (socket, bytes) => {
    socket.write(bytes);
    await heard(socket);
    socket.pause();
    await sleep(5);
    socket.resetAndDestroy();
  },
  'sends several at once, and resets before the first answer': async (socket, bytes) => (await written(socket, Buffer.concat([bytes, bytes, bytes])), socket.resetAndDestroy()),
  'sends several at once, and resets in the middle of the last': async (socket, bytes, dice) => (await written(socket, Buffer.concat([bytes, bytes, bytes.subarray(0, cut(bytes, dice))])), await turn(), socket.resetAndDestroy()),
  'sends many at once, reads no answer, and resets': async (socket, bytes) => (socket.pause(), await written(socket, Buffer.concat(Array<Buffer>(20).fill(bytes))), await sleep(5), socket.resetAndDestroy()),
  'hears the answer, as it should be': async (socket, bytes) => (socket.write(bytes), heard(socket)),
};

/** One exchange. Resolves with what came back, once the connection is closed. */
export const behave = async ({ port, hostname }: URL, manners: Manners, bytes: Buffer, dice: Dice): Promise<string> => {
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  let answer = '';
  socket.on('error', () => undefined).on('data', (chunk) => (answer += chunk.toString('latin1')));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  if (!socket.destroyed) await manners(socket, bytes, dice);
  socket.destroy();
  await closed;
  return answer;
};
