import type { Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { describeError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

const LOOPBACK = '127.0.0.1';
const REQUEST_TIMEOUT_MS = 5_000;
const MOST_CONNECTIONS = 16;

export type MetricsServer = {
  /** Listens, moves or ends as it is configured now. */
  reconsider(): void;
  stop(): Promise<void>;
};

/** Serves `GET /metrics` to this host alone, while the configuration says so; `text` is asked for each time. */
export function createMetricsServer(parts: {
  config: () => Config['metrics'];
  text: () => string;
  log: Log;
}): MetricsServer {
  const { config, text, log } = parts;
  let served: Config['metrics'] | undefined;
  let closed: Promise<void> = Promise.resolve();
  let close = () => {};
  const begin = (wanted: Config['metrics']) => {
    const place = `http://${LOOPBACK}:${wanted.port}/metrics`;
    const server = listen(wanted.port, text);
    server.on('listening', () => log.info({}, `metrics are at ${place}`));
    server.on('error', (error) => log.error({}, `metrics cannot be served at ${place}: ${describeError(error)}`));
    const { promise, resolve } = Promise.withResolvers<void>();
    closed = promise;
    close = () => {
      server.close(() => resolve());
      server.closeAllConnections();
    };
  };
  const end = () => {
    close();
    close = () => {};
  };
  let stopped = false;
  return {
    reconsider() {
      if (isDeepStrictEqual(config(), served)) return;
      end();
      const wanted = { ...config() };
      served = wanted;
      if (!wanted.enabled) return;
      closed.then(
        () => !stopped && isDeepStrictEqual(config(), wanted) && begin(wanted),
        () => {},
      );
    },
    async stop() {
      stopped = true;
      end();
      await closed;
    },
  };
}

function listen(port: number, text: () => string): Server {
  // An import of node:http would load undici with it, 12 MiB that are never used.
  const http = process.getBuiltinModule('node:http');
  const server = http.createServer((request, response) => {
    const answer = (status: number, body: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(405, 'expected: GET /metrics\n', { Allow: 'GET, HEAD', Connection: 'close' });
    if (request.url?.split('?')[0] !== '/metrics') return answer(404, 'expected: GET /metrics\n');
    try {
      answer(200, text(), { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
    } catch (error) {
      answer(503, `${messageOf(error)}\n`);
    }
  });
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MOST_CONNECTIONS;
  return server.listen(port, LOOPBACK);
}
