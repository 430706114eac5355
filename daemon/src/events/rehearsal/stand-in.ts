import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A metadata service on loopback that says what the rehearsal wants it to say. */
export type StandIn = {
  url: string;
  close(): Promise<void>;
};

/**
 * Speaks the metadata of EC2 (version 2), Azure and Google as far as the sources listen.
 * @param items path → text; any other path is not there.
 */
export async function standIn(items: Readonly<Record<string, string>>): Promise<StandIn> {
  // An import of node:http would load undici with it, 12 MiB that are never used.
  const http = process.getBuiltinModule('node:http');
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    // As Google's service does while nothing changes; the end of the rehearsal ends it.
    if (searchParams.has('wait_for_change')) return;
    const isToken = request.method === 'PUT' && pathname === '/latest/api/token';
    const text = isToken ? 'rehearsal' : items[pathname];
    const headers = { 'Content-Type': 'text/plain', 'Metadata-Flavor': 'Google', ETag: 'rehearsal' };
    response.writeHead(text === undefined ? 404 : 200, headers);
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
