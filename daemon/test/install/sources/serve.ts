import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { fetchPackage } from '../../../src/install/fetch.ts';
import type { Repository } from '../../../src/install/repository.ts';

/** A real HTTP server on loopback; gives its address. */
export async function serve(test: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Fetches as the CLI does. */
export function fetchAs(
  typed: string,
  change: {
    registry?: string;
    repositories?: Repository[];
    environment?: NodeJS.ProcessEnv;
    signal?: AbortSignal;
  } = {},
) {
  return fetchPackage(typed, {
    registry: async () => change.registry ?? '',
    repositories: async () => change.repositories ?? [],
    environment: change.environment ?? process.env,
    signal: change.signal ?? new AbortController().signal,
  });
}
