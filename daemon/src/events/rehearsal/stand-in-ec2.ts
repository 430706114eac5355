import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A metadata service on loopback that says what the rehearsal wants it to say. */
export type StandIn = {
  url: string;
  close(): Promise<void>;
};

const TOKEN = 'rehearsal';

/**
 * Speaks EC2's metadata, version 2, as far as the sources listen (EC2 user guide, "Use instance metadata").
 * @param items below `/latest/meta-data/`: path → text.
 */
export async function standInForEc2(items: Readonly<Record<string, string>>): Promise<StandIn> {
  // An import of node:http would load undici with it, 12 MiB that are never used.
  const http = process.getBuiltinModule('node:http');
  const server = http.createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const isToken = request.method === 'PUT' && path === '/latest/api/token';
    const text = isToken ? TOKEN : items[path.replace(/^\/latest\/meta-data\//, '')];
    response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': 'text/plain' });
    response.end(text ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
