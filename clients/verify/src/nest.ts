import { createParamDecorator, HttpException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Caller } from './caller.js';
import { callerOfRequest, type GateOptions } from './gate.js';
import { toRefusal } from './refusal.js';

interface AnyRequest {
  readonly headers: { readonly authorization?: string };
}
/** Of Express, and of Fastify. */
interface AnyReply {
  setHeader?(name: string, value: string): unknown;
  header?(name: string, value: string): unknown;
}

const callers = new WeakMap<object, Caller>();

/** `@UseGuards(new TokenGuard({ verifier }))`, or `app.useGlobalGuards(…)`; under Express and Fastify. */
export class TokenGuard implements CanActivate {
  constructor(private readonly options: GateOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AnyRequest>();
    try {
      callers.set(request, await callerOfRequest(request.headers.authorization, this.options));
      return true;
    } catch (error) {
      const { status, headers, body } = toRefusal(error).toAnswer();
      const reply = http.getResponse<AnyReply>();
      for (const [name, value] of Object.entries(headers)) setHeader(reply, name, value);
      throw new HttpException(body, status, { cause: error });
    }
  }
}

/** `@TokenCaller() caller: Caller` in a handler behind the guard. */
export const TokenCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<object>());
  if (!caller) throw new Error('No TokenGuard stands before this route.');
  return caller;
});

const setHeader = (reply: AnyReply, name: string, value: string): void => {
  if (reply.setHeader) reply.setHeader(name, value);
  else reply.header?.(name, value);
};
