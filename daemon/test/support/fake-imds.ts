import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeImdsOptions, itemsOf, listing, page } from './fake-imds-items.ts';
import { freePort } from './free-port.ts';
import { type HttpFault, misbehave } from './http-faults.ts';

/** Which requests a fault meets: those for a token, those for an item, or both. */
export type ImdsFaultScope = 'token' | 'item' | 'all';

export type ImdsRequest = {
  method: string;
  path: string;
  token: string | undefined;
  status: number | null;
  /** When it came, in milliseconds by the wall clock. */
  atMs: number;
};

/** EC2's metadata service, version 2, on loopback. */
export type FakeImds = {
  url: string;
  /** An item below `meta-data/`, or one that begins with `dynamic/`; an object becomes JSON, null takes it away (404). */
  set(path: string, value: string | object | null): void;
  faults: {
    /** For the next `count` requests of the scope. */
    next(fault: HttpFault, options?: { count?: number; scope?: ImdsFaultScope }): void;
    /** For all requests of the scope, until `clear`. */
    always(fault: HttpFault, options?: { scope?: ImdsFaultScope }): void;
    clear(): void;
  };
  /** Every request so far; `status` is null where none was answered. */
  requests: ImdsRequest[];
  /** Tokens given out so far, with the time to live that was asked for. */
  tokensIssued: { token: string; ttlSeconds: number }[];
  /** No token is good any more: the next use of one is a 401. */
  revokeTokens(): void;
  /** Connections accepted so far, and those open now. */
  connections(): { accepted: number; open: number };
  /** Hangs up and takes no connection any more. */
  disappear(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
};

type PlannedFault = { fault: HttpFault; left: number; scope: ImdsFaultScope };

const NOT_FOUND = page('404 - Not Found');
const TOKEN_PATH = '/latest/api/token';

/** Starts the service; formats as in the EC2 user guide, "Use instance metadata". */
export async function startFakeImds(options: FakeImdsOptions = {}): Promise<FakeImds> {
  const items = itemsOf(options);
  const requests: ImdsRequest[] = [];
  const tokensIssued: FakeImds['tokensIssued'] = [];
  const goodTokens = new Set<string>();
  const connections = { accepted: 0, open: 0 };
  let planned: PlannedFault[] = [];

  const takeFault = (scope: ImdsFaultScope) => {
    const plan = planned.find((candidate) => candidate.scope === 'all' || candidate.scope === scope);
    if (plan !== undefined) plan.left -= 1;
    planned = planned.filter(({ left }) => left > 0);
    return plan?.fault;
  };

  const answerFor = (request: IncomingMessage): { status: number; body: string; headers?: Record<string, string> } => {
    const path = pathOf(request);
    if (path === TOKEN_PATH) {
      if (request.method !== 'PUT') return { status: 405, body: page('405 - Method Not Allowed') };
      const ttl = String(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? '');
      const ttlSeconds = Number(ttl);
      if (!/^\d+$/.test(ttl) || ttlSeconds < 1 || ttlSeconds > 21_600) {
        return { status: 400, body: page('400 - Bad Request') };
      }
      const token = `${randomBytes(40).toString('base64url')}==`;
      goodTokens.add(token);
      tokensIssued.push({ token, ttlSeconds });
      return { status: 200, body: token, headers: { 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds': ttl } };
    }
    if (request.method !== 'GET') return { status: 405, body: page('405 - Method Not Allowed') };
    if (!goodTokens.has(tokenOf(request) ?? '')) return { status: 401, body: page('401 - Unauthorized') };
    const body = items.get(path.replace(/^\/latest\//, '').replace(/\/$/, '')) ?? listing(items, path);
    return body === undefined ? { status: 404, body: NOT_FOUND } : { status: 200, body };
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const path = pathOf(request);
    const entry: ImdsRequest = {
      method: request.method ?? '',
      path,
      token: tokenOf(request),
      status: null,
      atMs: performance.timeOrigin + performance.now(),
    };
    requests.push(entry);
    const fault = takeFault(path === TOKEN_PATH ? 'token' : 'item');
    const answer = answerFor(request);
    if (fault === undefined) send(response, answer);
    else misbehave(fault, response, answer);
    if (response.headersSent) entry.status = response.statusCode;
  };
  let server: Server;
  const listen = async (port: number) => {
    server = createServer(onRequest);
    server.on('connection', (socket) => {
      connections.accepted += 1;
      connections.open += 1;
      socket.on('close', () => {
        connections.open -= 1;
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const port = await listen(options.port ?? (await freePort()));

  return {
    url: `http://127.0.0.1:${port}`,
    set(path, value) {
      const key = keyOf(path);
      if (value === null) items.delete(key);
      else items.set(key, typeof value === 'string' ? value : JSON.stringify(value));
    },
    faults: {
      next: (fault, { count = 1, scope = 'all' } = {}) => void planned.push({ fault, left: count, scope }),
      always: (fault, { scope = 'all' } = {}) => void planned.push({ fault, left: Number.POSITIVE_INFINITY, scope }),
      clear: () => {
        planned = [];
      },
    },
    requests,
    tokensIssued,
    revokeTokens: () => goodTokens.clear(),
    connections: () => ({ ...connections }),
    disappear: close,
    comeBack: async () => void (await listen(port)),
    close,
  };
}

function send(
  response: ServerResponse,
  { status, body, headers = {} }: { status: number; body: string; headers?: Record<string, string> },
): void {
  response.writeHead(status, {
    'Content-Type': status === 200 ? 'text/plain' : 'text/html',
    'Content-Length': String(Buffer.byteLength(body)),
    Server: 'EC2ws',
    ...headers,
  });
  response.end(body);
}

function keyOf(path: string): string {
  return /^(meta-data|dynamic)\//.test(path) ? path : `meta-data/${path}`;
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname;
}

function tokenOf(request: IncomingMessage): string | undefined {
  const token = request.headers['x-aws-ec2-metadata-token'];
  return typeof token === 'string' ? token : undefined;
}
