import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How much of a refused body is still taken in so that its sender hears the answer, and for how long. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const MAX_DRAIN_MS = 10_000;
const READING_MS = 1_000;

/** The last request of a connection that was answered while its body was still to come. */
const answeredEarly = new WeakMap<Socket, IncomingMessage>();

/** Whatever goes wrong in the rest of such a body has had its answer: a second one would be taken for that of the next request. */
export const wasAnsweredEarly = (socket: Socket): boolean => answeredEarly.get(socket)?.complete === false;

/**
 * An answer given before the body was read (413, 401 on an upload) is lost if the connection closes under a client that still
 * sends: its next write fails before it reads. So the rest is taken in and thrown away, within bounds; then the connection goes.
 */
export const drainUnreadBodies = (server: FastifyInstance): void => {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete) {
      // A body that a handler has destroyed has lost its connection.
      const socket = (request.raw.socket ?? reply.raw.socket) as Socket | null;
      if (socket) answeredEarly.set(socket, request.raw);
      if (request.raw.destroyed) closeOnceAnswered(reply);
      else drain(request);
    }
    done(null, payload);
  });
};

/** A destroyed body cannot be taken in: the client gets a moment to read the answer, and then the connection goes. */
const closeOnceAnswered = ({ raw }: FastifyReply): void => {
  const { socket } = raw;
  raw.once('finish', () => setTimeout(() => socket?.destroy(), READING_MS).unref());
};

const drain = ({ raw }: FastifyRequest): void => {
  if (raw.readableFlowing === true) return;
  let drainedBytes = 0;
  const giveUp = (): void => void raw.socket.destroy();
  const timer = setTimeout(giveUp, MAX_DRAIN_MS);
  timer.unref();
  raw.on('data', (chunk: Buffer) => {
    drainedBytes += chunk.length;
    if (drainedBytes > MAX_DRAINED_BYTES) giveUp();
  });
  raw.once('close', () => clearTimeout(timer));
  raw.once('end', () => clearTimeout(timer));
  raw.resume();
};
