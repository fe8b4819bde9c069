import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Caller } from './caller.js';
import { callerOfRequest, type GateOptions } from './gate.js';
import { toRefusal } from './refusal.js';

const callers = new WeakMap<Request, Caller>();

/** `app.use('/orders', requireToken({ verifier }))` */
export const requireToken = (options: GateOptions): RequestHandler => (request: Request, response: Response, next: NextFunction): void => {
  callerOfRequest(request.headers.authorization, options).then(
    (caller) => {
      callers.set(request, caller);
      next();
    },
    (error: unknown) => {
      const { status, headers, body } = toRefusal(error).toAnswer();
      response.status(status).set(headers).end(JSON.stringify(body));
    },
  );
};

/** Who called; throws where no `requireToken` stands before. */
export const callerOf = (request: Request): Caller => {
  const caller = callers.get(request);
  if (!caller) throw new Error('No requireToken stands before this route.');
  return caller;
};
