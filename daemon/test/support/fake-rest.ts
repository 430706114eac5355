import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export type RestCall = { method: string; path: string; query: URLSearchParams; authorization: string; body: unknown };
type Reply = { status?: number; body: unknown };

/** A cloud's REST API on loopback: `reply` gives the answer as JSON, or as it stands where it is a text; undefined is a 404. */
export async function startFakeRest(t: TestContext, reply: (call: RestCall) => Reply | undefined) {
  const calls: RestCall[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const call: RestCall = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const { status = 200, body } = reply(call) ?? { status: 404, body: { error: { message: 'not found' } } };
    response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {});
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}
