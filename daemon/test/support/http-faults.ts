import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What was to be answered. */
export type RightAnswer = { body: string; headers?: Record<string, string> };

/**
 * Each way in which an HTTP service misbehaves. `hang` never answers, `drip` sends a byte now and then for ever,
 * `cut` promises more than it sends, `huge` does not end, `redirect` points at itself.
 */
const FAULTS = {
  hang: () => {},
  reset: (response) => void response.socket?.resetAndDestroy(),
  drip(response) {
    response.writeHead(200, { 'Content-Length': '1000' });
    const drip = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(drip));
  },
  cut(response) {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('the beginning', () => response.socket?.destroy());
  },
  truncated: (response, { body, headers }) => send(response, body.slice(0, Math.floor(body.length / 2)), headers),
  empty: (response, { headers }) => send(response, '', headers),
  'wrong-types': (response, { headers }) =>
    send(response, '{"Events":[{"EventId":7,"Resources":"vm"}],"action":5,"time":[]}', headers),
  garbage: (response, { headers }) => send(response, '\u0000\u0001<<<not what was asked for', headers),
  huge(response, { headers }) {
    response.writeHead(200, headers);
    const chunk = 'x'.repeat(1024 * 1024);
    const more = () => void response.write(chunk);
    response.on('drain', more);
    more();
  },
  redirect: (response) => void response.writeHead(302, { Location: response.req.url }).end(),
  compressed: (response, { body, headers }) => {
    response.writeHead(200, { ...headers, 'Content-Encoding': 'gzip' }).end(gzipSync(body));
  },
  'bad-chunks'(response) {
    response.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nnonsense\r\n');
  },
  upgrade: (response) =>
    void response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n'),
  'no-http': (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'),
} satisfies Record<string, (response: ServerResponse, right: RightAnswer) => void>;

/** A number is a status. */
export type HttpFault = keyof typeof FAULTS | number;

/** Every way, and every status that the services are known to give. */
export const HTTP_FAULTS: readonly HttpFault[] = [
  401,
  403,
  404,
  429,
  500,
  503,
  ...(Object.keys(FAULTS) as (keyof typeof FAULTS)[]),
];

/** Answers in the wrong way. */
export function misbehave(fault: HttpFault, response: ServerResponse, right: RightAnswer): void {
  if (typeof fault === 'number') response.writeHead(fault, { 'Content-Type': 'text/html' }).end('<html>');
  else FAULTS[fault](response, right);
}

function send(response: ServerResponse, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, headers).end(body);
}
