import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { describeError, messageOf, SnoozeError } from '../../errors.ts';
import { LARGEST_MESSAGE_BYTES, parseSentEvent } from './sent.ts';
import { defineSource, type SourceContext, type SourceHealth } from './source.ts';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Node looks only so often for connections that have had their time: half a minute where nothing is said. */
const LOOK_MS = 2_000;
const RETRY_MS = 5_000;
const MOST_CONNECTIONS = 64;
const LOOPBACK = '127.0.0.1';

/** Events that a program of this host sends over HTTP: `POST /events` with a bearer token. */
export const webhook = defineSource({
  name: 'webhook',
  title: 'events sent over HTTP',
  applies: ({ config }) => config().sources.webhook.enabled,
  startsWith: ({ sources }) => sources.webhook.port,
  watch(context) {
    const { clock, log, signal } = context;
    let health: SourceHealth = { status: 'starting', message: 'not listening yet', sinceWallMs: clock.wallMs() };
    const tell = (status: 'ok' | 'failing', message: string) => {
      health = { status, message, sinceWallMs: clock.wallMs() };
    };
    const { port } = context.config().sources.webhook;
    const server = createServer(context);
    const place = `http://${LOOPBACK}:${port}/events`;
    let cancelRetry = () => {};
    server.on('listening', () => {
      if (health.status === 'failing') log.info({}, `the webhook listens at ${place}`);
      tell('ok', place);
    });
    server.on('error', (error) => {
      if (health.status !== 'failing') log.error({}, `the webhook cannot listen at ${place}: ${describeError(error)}`);
      tell('failing', describeError(error));
      if (!server.listening) cancelRetry = clock.after(RETRY_MS, () => server.listen(port, LOOPBACK));
    });
    server.listen(port, LOOPBACK);
    const ended = new Promise<void>((resolve) => {
      const close = () => {
        cancelRetry();
        server.close(() => resolve());
        server.closeAllConnections();
      };
      if (signal.aborted) close();
      else signal.addEventListener('abort', close, { once: true });
    });
    return { ended, health: () => health };
  },
});

function createServer(context: SourceContext): Server {
  // An import of node:http would load undici with it, 12 MiB that are never used.
  const http = process.getBuiltinModule('node:http');
  const server = http.createServer({ connectionsCheckingInterval: LOOK_MS }, (request, response) => {
    answer(request, context).then(
      ({ status, body }) => reply(response, status, body),
      (error: unknown) => reply(response, statusOf(error), { error: messageOf(error) }),
    );
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

type Answer = { status: number; body: Record<string, unknown> };

async function answer(request: IncomingMessage, { config, send }: SourceContext): Promise<Answer> {
  if (!isToken(request.headers.authorization, config().sources.webhook.token))
    return {
      status: 401,
      body: { error: 'expected the header: Authorization: Bearer <events.sources.webhook.token>' },
    };
  if (request.url !== '/events') return { status: 404, body: { error: 'expected: POST /events' } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'expected: POST /events' } };
  const text = await bodyOf(request);
  if (text === undefined)
    return { status: 413, body: { error: `at most ${LARGEST_MESSAGE_BYTES} bytes are possible` } };
  return { status: 202, body: await send(parseSentEvent(text, 'webhook')) };
}

/** Compares digests, so that neither the time it takes nor a length tells anything of the token. */
function isToken(header: string | undefined, token: string | null): boolean {
  if (token === null || header === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header), digest(`Bearer ${token}`));
}

/** @returns undefined where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > LARGEST_MESSAGE_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function statusOf(error: unknown): number {
  return error instanceof SnoozeError && error.code === 'SNOOZE_E_EVENT_INVALID' ? 400 : 503;
}

function reply(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    // What is left of a request that was refused is not read.
    ...(status === 202 ? {} : { Connection: 'close' }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  });
  response.end(`${JSON.stringify(body)}\n`);
}
