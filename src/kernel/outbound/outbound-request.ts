import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import type { LookupFunction } from 'node:net';

/** A server may say `103 Early Hints` or `100 Continue` a few times; one that goes on doing so never answers. */
const MAX_INTERIM_ANSWERS = 16;

export interface OutboundRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
  /** Judges the addresses: see `OutboundGate`. */
  readonly lookup: LookupFunction;
  /** Milliseconds for everything: name, connection, answer, and what `read` reads of it. */
  readonly timeLimitMs: number;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

/**
 * One request, on a connection of its own, without following redirects. Resolves with what `read` makes of the answer; the connection is closed then.
 *
 * It always settles: on an answer, an error, a switch to another protocol, a close, the signal, or the time limit. Node itself only promises the first two:
 * after `101 Switching Protocols` a request without an `upgrade` listener emits neither `response` nor `error`, and its `timeout` and `signal` do nothing.
 *
 * Rejects with an error that has a `code`: Node's own, or ABORT_ERR (signal), ETIMEDOUT, PROTOCOL_REFUSED (101, or too many interim answers), ECONNRESET.
 */
export function outboundRequest<T>(url: string, { method, headers, body, lookup, timeLimitMs, signal }: OutboundRequest, read: (answer: IncomingMessage) => T | Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const sent = (url.startsWith('https:') ? requestHttps : requestHttp)(url, { method, headers, lookup, agent: false });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      finish();
      sent.destroy();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const abort = (): void => fail(failure('ABORT_ERR', 'the request was given up'));
    const timer = setTimeout(() => fail(failure('ETIMEDOUT', 'no whole answer came in time')), timeLimitMs);
    let interimAnswers = 0;
    sent.on('error', fail);
    sent.on('close', () => hasAnswered || fail(failure('ECONNRESET', 'the connection was closed without an answer')));
    sent.on('information', () => {
      interimAnswers += 1;
      if (interimAnswers > MAX_INTERIM_ANSWERS) fail(failure('PROTOCOL_REFUSED', 'there were too many interim answers'));
    });
    sent.on('upgrade', (_answer: IncomingMessage, socket: Duplex) => {
      // The request has let go of this socket, its error listener included.
      socket.on('error', () => undefined).destroy();
      fail(failure('PROTOCOL_REFUSED', 'the protocol was switched without having been asked'));
    });
    let hasAnswered = false;
    sent.on('response', (answer) => {
      hasAnswered = true;
      if (answer.statusCode! < 200) return fail(failure('PROTOCOL_REFUSED', 'there was no final answer'));
      answer.on('error', () => undefined); // told to `read`, which may have finished without it
      Promise.resolve(answer).then(read).then((value) => settle(() => resolve(value)), fail);
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    sent.end(body);
  });
}
