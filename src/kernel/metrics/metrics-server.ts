import { createServer, type RequestListener, type Server } from 'node:http';

export interface MetricsServerLimits {
  /** Milliseconds within which a whole request has to come. */
  readonly requestMs: number;
  /** Milliseconds after which a connection is closed on which nothing was sent or taken. */
  readonly silenceMs: number;
  readonly maxConnections: number;
}

const LIMITS: MetricsServerLimits = {
  requestMs: 10_000,
  // Longer than scrapers usually wait between two questions.
  silenceMs: 120_000,
  // Some scrapers, each on a connection of its own.
  maxConnections: 64,
};

/** A server for a few scrapers. It does not listen yet. A connection that is one too many is closed. */
export function metricsServer(answer: RequestListener, { requestMs, silenceMs, maxConnections }: MetricsServerLimits = LIMITS): Server {
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: requestMs / 10 }, answer);
  server.maxConnections = maxConnections;
  // Who neither sends nor takes anything for so long is gone; a scraper opens another connection.
  server.setTimeout(silenceMs, (socket) => socket.destroy());
  server.keepAliveTimeout = silenceMs;
  return server;
}
