import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';
import { type HttpFault, misbehave } from './http-faults.ts';

export type MetadataRequest = { method: string; path: string; query: URLSearchParams; body: string };

/** The answer to a request; a promise holds it back, undefined is a 404. */
export type Respond = (
  request: MetadataRequest,
) =>
  | { body: string; headers?: Record<string, string> }
  | number
  | undefined
  | Promise<{ body: string; headers?: Record<string, string> }>;

/** A metadata service of Azure's or Google's kind on loopback. */
export async function startFakeMetadata(
  t: TestContext,
  header: readonly [name: string, value: string],
  respond: Respond,
) {
  const requests: MetadataRequest[] = [];
  let fault: HttpFault | undefined;
  let connections = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const seen: MetadataRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks).toString(),
    };
    requests.push(seen);
    if (request.headers[header[0].toLowerCase()] !== header[1]) return void response.writeHead(400).end('no header');
    if (fault !== undefined) {
      const right = respond(seen); // one that is held back is not waited for
      const body = typeof right === 'object' && 'body' in right ? right.body : '';
      return misbehave(fault, response, { headers: { [header[0]]: header[1] }, body });
    }
    const answer = await respond(seen);
    if (answer === undefined || typeof answer === 'number') return void response.writeHead(answer ?? 404).end('<html>');
    response.writeHead(200, { [header[0]]: header[1], ...('headers' in answer && answer.headers) }).end(answer.body);
  };
  let server: Server;
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server = createServer((request, response) => {
        handle(request, response).catch(() => response.destroy());
      });
      server.on('connection', () => (connections += 1));
      server.listen(port, '127.0.0.1', resolve);
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const port = await freePort();
  await listen(port);
  t.after(close);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    fault(next: HttpFault | undefined) {
      fault = next;
    },
    /** Hangs up and takes no connection any more. */
    disappear: close,
    comeBack: () => listen(port),
  };
}
