import { Agent as HttpAgent, type AgentOptions, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/** Of an agent, what a request calls; not in Node's types. */
interface Requesting {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/**
 * Sees to it that a request that a library makes ends, however the other side behaves: a switch of protocols and a time that is over become its `error`. Without
 * that, Node drops the connection of a `101 Switching Protocols` in silence, and the library waits for ever.
 */
const settled = (request: ClientRequest, timeLimitMs: number): void => {
  const limit = setTimeout(() => request.destroy(Object.assign(new Error('no whole answer came in time'), { code: 'ETIMEDOUT' })), timeLimitMs);
  request.once('close', () => clearTimeout(limit));
  // Without a name of a protocol Node takes a 101 for the answer itself, and libraries take whatever is below 300 for a success.
  request.prependOnceListener('response', (answer: IncomingMessage) => {
    if (answer.statusCode! < 200) answer.statusCode = 502;
  });
  request.once('upgrade', (_answer: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => undefined).destroy();
    request.emit('error', Object.assign(new Error('the protocol was switched without having been asked'), { code: 'PROTOCOL_REFUSED' }));
  });
};

class SettlingHttpAgent extends HttpAgent {
  constructor(
    options: AgentOptions,
    private readonly timeLimitMs: number,
  ) {
    super(options);
  }

  addRequest(request: ClientRequest, ...rest: unknown[]): void {
    settled(request, this.timeLimitMs);
    (HttpAgent.prototype as unknown as Requesting).addRequest.call(this, request, ...rest);
  }
}

class SettlingHttpsAgent extends HttpsAgent {
  constructor(
    options: AgentOptions,
    private readonly timeLimitMs: number,
  ) {
    super(options);
  }

  addRequest(request: ClientRequest, ...rest: unknown[]): void {
    settled(request, this.timeLimitMs);
    (HttpAgent.prototype as unknown as Requesting).addRequest.call(this, request, ...rest);
  }
}

/** Agents for libraries that make their own requests to an address that the operator gave. `timeLimitMs` is for one whole exchange. */
export const settlingAgents = (options: AgentOptions, timeLimitMs: number): { readonly http: HttpAgent; readonly https: HttpsAgent } => ({
  http: new SettlingHttpAgent(options, timeLimitMs),
  https: new SettlingHttpsAgent(options, timeLimitMs),
});
