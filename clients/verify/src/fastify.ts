import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import { callerOfRequest, type GateOptions } from './gate.js';
import { toRefusal } from './refusal.js';

const callers = new WeakMap<FastifyRequest, Caller>();

/** `app.addHook('onRequest', requireToken({ verifier }))`, or `{ onRequest: requireToken({ verifier }) }` of one route. */
export const requireToken =
  (options: GateOptions) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      callers.set(request, await callerOfRequest(request.headers.authorization, options));
      return undefined;
    } catch (error) {
      const { status, headers, body } = toRefusal(error).toAnswer();
      return reply.code(status).headers(headers).send(JSON.stringify(body));
    }
  };

/** Who called; throws where no `requireToken` stands before. */
export const callerOf = (request: FastifyRequest): Caller => {
  const caller = callers.get(request);
  if (!caller) throw new Error('No requireToken stands before this route.');
  return caller;
};
