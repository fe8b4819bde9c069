import type { IncomingMessage } from 'node:http';
import type { Form } from '../request/form-parameters.decorator.js';
import type { RequestMeta } from '../request/request-meta.js';

/** A request as it came in, before anything else has looked at it. */
export interface ShortRequest {
  readonly raw: IncomingMessage;
  /** What stands in the places of the route's parameters, in their order: letters, digits, `_`, `.`, `-`. */
  readonly params: readonly string[];
  /** Without the question mark; letters, digits, `_`, `-`, `=` and `&`. */
  readonly query: string;
  /** The parameters of the body, where the route takes a form. */
  readonly form?: Form;
  /** The body, where the route takes JSON: not parsed, and not looked at. */
  readonly json?: Buffer;
  /** Who asks, where the route takes JSON. */
  readonly meta?: RequestMeta;
}

export interface ShortAnswer {
  /** None: nobody is to hold it. */
  readonly etag?: string;
  /** Null: the client holds it, which is 304. */
  readonly content: ShortContent | null;
  /** Beside those that all answers of the route have. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The route negotiates: these fields of the request chose the answer. */
  readonly vary?: string;
}

export interface ShortContent {
  readonly type: string;
  readonly bytes: string | Buffer;
  readonly byteLength: number;
  readonly acceptsRanges?: boolean;
}

/**
 * The ordinary case of a hot route, answered without Nest's and Fastify's machinery, exactly as fresh as the long way is. Null, while nothing was
 * changed: the long way answers, as if this had not been tried. An answer is written whatever happens meanwhile, and what it rejects with is told as the long way tells it (docs/decisions/0017).
 */
export abstract class ShortWay {
  /** True: only after the request's bearer token was found good. */
  abstract readonly isForBearers: boolean;

  abstract answer(request: ShortRequest): ShortAnswer | null | Promise<ShortAnswer | null>;
}

/** The check of bearer tokens, which the auth module has. */
export abstract class BearerCheck {
  /** Null when there is no token, or none that a short way takes. Notes who asks on the request; rejects for a token that is refused. */
  abstract admit(request: ShortRequest): Promise<void> | null;
}
